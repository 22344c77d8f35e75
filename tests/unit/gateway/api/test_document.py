"""The OpenAPI document says everything that generated clients and people need, and its reference is current."""

import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gateway.api.app import routed
from gateway.api.document import TAGS, operations
from gateway.api.examples import BODIES
from gateway.api.reference import reference
from tests.unit.gateway.api.conformance import document, is_json, resolved

ROOT = Path(__file__).parents[4]
EVERY = [pytest.param(operation, id=f"{method} {path}") for path, method, operation in operations(document())]
WORDS = re.compile(r"[a-z][a-z0-9_]*")


@pytest.mark.parametrize("operation", EVERY)
def test_an_operation_is_named_explained_and_of_a_known_part(operation: Any) -> None:
    assert WORDS.fullmatch(operation["operationId"])
    assert operation["summary"]
    assert operation["description"]
    assert set(operation["tags"]) <= TAGS.keys()
    for parameter in operation.get("parameters", []):
        assert parameter["description"], parameter["name"]


@pytest.mark.parametrize("operation", EVERY)
def test_an_answer_has_a_form_with_a_name(operation: Any) -> None:
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            forms = [media["schema"] for kind, media in response.get("content", {}).items() if is_json(kind)]
            for form in forms:
                parts = form.get("anyOf", [form])
                assert all("$ref" in part for part in parts) or form.get("title") == "AnyObject", form


@pytest.mark.parametrize("operation", EVERY)
def test_every_refusal_is_a_problem_document(operation: Any) -> None:
    for status, response in operation["responses"].items():
        if not status.startswith("2") and status != "503":
            assert list(resolved(response)["content"]) == ["application/problem+json"], status
    if operation["x-permission"] != "public":
        assert {"401", "403", "429", "503"} <= operation["responses"].keys()
        assert operation["security"]


def test_operation_ids_and_names_of_forms_are_alone() -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document())]
    assert len(set(ids)) == len(ids)
    doubled = [name for name in document()["components"]["schemas"] if "__" in name or "-" in name]
    assert doubled == []


def test_every_body_of_json_has_an_example() -> None:
    schemas = document()["components"]["schemas"]
    assert BODIES.keys() <= schemas.keys()
    lacking = []
    for path, method, operation in operations(document()):
        for media in operation.get("requestBody", {}).get("content", {}).values():
            schema = schemas[media["schema"]["$ref"].rsplit("/", 1)[-1]] if "$ref" in media["schema"] else {}
            if (
                schema
                and not schema.get("examples")
                and not any("examples" in p for p in schema["properties"].values())
            ):
                lacking.append(f"{method} {path}")
    assert lacking == []


def test_every_operation_has_an_example_of_its_answer_that_has_its_form() -> None:
    whole = document()
    for path, method, operation in operations(whole):
        for status, response in operation["responses"].items():
            if not status.startswith("2"):
                continue
            for kind, media in response.get("content", {}).items():
                assert "example" in media, f"{method} {path}: {kind}"
                if kind.endswith("json"):
                    form = {**media.get("schema", {}), "components": whole["components"]}
                    wrong = [one.message for one in Draft202012Validator(form).iter_errors(media["example"])]
                    assert wrong == [], f"{method} {path}"
                    assert media["example"] not in ({}, [], None), f"{method} {path}"
        for kind, media in operation.get("requestBody", {}).get("content", {}).items():
            is_file = media.get("schema", {}).get("format") == "binary"
            assert not is_file or "example" in media, f"{method} {path}: {kind}"


def test_the_reference_is_current() -> None:
    written = (ROOT / "deploy/guide/api.md").read_text(encoding="utf-8")
    assert written == reference(routed().openapi()), "run: park-gateway schema --api > deploy/guide/api.md"


async def test_metrics_are_explained_and_the_list_is_complete(park: Any) -> None:
    text = (await park.http.get("/metrics")).text
    told = dict(re.findall(r"^# HELP (\S+) (.+)$", text, re.MULTILINE))
    assert len(told) > 30
    listed = (ROOT / "deploy/guide/metrics.md").read_text(encoding="utf-8")
    lacking = [name for name, help_text in told.items() if f"| `{name}` |" not in listed or help_text not in listed]
    assert lacking == []
