"""park.yaml and rules.d to a plan: frozen models, errors with file:line:column, JSON Schema, devices from CSV."""

from gateway.config.editorschema import rule_schema, schema
from gateway.config.park import Loaded, load, redacted
from gateway.config.problems import ConfigErrors, Finding, Problem

__all__ = ["ConfigErrors", "Finding", "Loaded", "Problem", "load", "redacted", "rule_schema", "schema"]
