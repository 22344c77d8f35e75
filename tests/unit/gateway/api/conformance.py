"""Every answer of every test is compared with what the OpenAPI document says of it."""

import json
import re
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

import httpx
from fastapi import FastAPI
from jsonschema import Draft202012Validator

from gateway.api.app import routed

Json = dict[str, Any]


@cache
def document() -> Json:
    """The document; the same for every gateway."""
    return routed().openapi()


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    paths = sorted(document()["paths"], key=lambda path: path.count("{"))  # a fixed path goes before one with a name
    return [(re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))), path) for path in paths]


def operation_of(method: str, path: str) -> Json | None:
    """What answers there, as the document says."""
    for pattern, name in _patterns():
        operation = document()["paths"][name].get(method.lower())
        if operation is not None and pattern.fullmatch(path):
            return operation
    return None


def resolved(part: Json) -> Json:
    """What a reference stands for."""
    while "$ref" in part:
        found: Any = document()
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


@cache
def _validator(schema: str) -> Draft202012Validator:
    return Draft202012Validator({**json.loads(schema), "components": document()["components"]})


def is_json(kind: str) -> bool:
    """False for lines of it."""
    return kind == "application/json" or kind.endswith("+json")


def differences(operation: Json, status: int, content_type: str, body: bytes) -> list[str]:
    """What is not as the document says; none where all is."""
    if status in (304, 421):
        return []
    response = resolved(operation["responses"].get(str(status), operation["responses"]["default"]))
    kind = content_type.split(";", 1)[0]
    content = response.get("content", {})
    if status < 300 and str(status) not in operation["responses"]:
        return [f"status {status} is not documented"]
    if not content and not body:
        return []
    if kind not in content:
        return [f"{status} comes as `{kind}`; documented: {sorted(content)}"]
    if not is_json(kind):
        return []
    found = _validator(json.dumps(content[kind]["schema"])).iter_errors(json.loads(body))
    return [f"{'/'.join(str(part) for part in one.absolute_path)}: {_said(one)}" for one in found][:5]


def _said(error: Any) -> str:
    inner = [f"{one.json_path}: {one.message[:150]}" for one in (error.context or [])[:3]]
    return f"{error.message[:150]} {inner or ''}"


def checking(_: FastAPI) -> Callable[[httpx.Response], Awaitable[None]]:
    """A hook for a client of an app: fails where an answer is not as documented."""

    async def check(response: httpx.Response) -> None:
        request = response.request
        operation = operation_of(request.method, request.url.path)
        content_type = response.headers.get("content-type", "")
        if operation is None or content_type.startswith("text/event-stream"):
            return
        body = await response.aread()
        found = differences(operation, response.status_code, content_type, body)
        assert not found, f"{request.method} {request.url.path} -> {response.status_code}: {found}"

    return check
