"""What a route says of its answers in the OpenAPI document: `@router.get("/devices", responses=answers(DeviceList))`.

Answers are plain dictionaries that nobody checks at run time: it would cost more than making them. Their forms
(`gateway/api/shapes`) stand in the document; the tests compare every answer with it.
"""

from collections.abc import Mapping
from typing import Any

Responses = dict[int | str, dict[str, Any]]

CSV = "text/csv"
PARQUET = "application/vnd.apache.parquet"
_TEXT = {"schema": {"type": "string"}}
BINARY = {"schema": {"type": "string", "format": "binary"}}


def answers(shape: Any, *more: int, status: int = 200, files: tuple[str, ...] = ()) -> Responses:
    """JSON of this form (a `Shape`, or several with `|`).

    `more`: refusals beside those that follow from the route; `files`: other types that it can be.
    """
    content = {kind: _file(kind) for kind in files}
    found: Responses = {status: {"model": shape, **({"content": content} if content else {})}}
    return found | {code: {} for code in more}


def _file(kind: str) -> dict[str, Any]:
    if kind == "application/json":
        return {"schema": {"type": "object", "title": "AnyObject", "additionalProperties": True}}
    return _TEXT if kind.startswith("text/") else BINARY


def file_answers(*kinds: str, more: tuple[int, ...] = ()) -> Responses:
    """A file of one of these types."""
    found: Responses = {200: {"content": {kind: _file(kind) for kind in kinds}}}
    return found | {code: {} for code in more}


def event_stream(text: str) -> Responses:
    """A stream of server-sent events."""
    return {200: {"description": text, "content": {"text/event-stream": _TEXT}}}


def body(schemas: Mapping[str, Mapping[str, Any]], text: str) -> dict[str, Any]:
    """`openapi_extra` of a route that reads its body by itself: schema (and example) by content type."""
    return {"requestBody": {"description": text, "required": True, "content": dict(schemas)}}
