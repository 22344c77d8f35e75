"""park.yaml to a plan: frozen models, every error with file:line:column, JSON Schema, device lists from CSV."""

from gateway.config.editorschema import schema
from gateway.config.park import Loaded, load, redacted
from gateway.config.problems import ConfigErrors, Finding, Problem

__all__ = ["ConfigErrors", "Finding", "Loaded", "Problem", "load", "redacted", "schema"]
