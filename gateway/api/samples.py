"""An example of each answer in the OpenAPI document, made from its form: what a reader sees before he asks.

A field's own example comes first, then what a parameter or field of that name usually is.
"""

from collections.abc import Iterator
from typing import Any

from gateway.api.examples import FIELDS, PARAMETERS

Json = dict[str, Any]
_FILES = {
    "text/csv": "time,point,value\n2026-11-22T08:00:00+08:00,tx1.power_active,412.5\n",
    "text/event-stream": 'event: values\ndata: {"tx1.power_active": 412.5}\n\n',
    "text/html": "<!doctype html>",
    "text/plain": "ok\n",
    "image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg'/>",
}
_BYTES = "(the bytes of the file)"
_PLAIN: dict[str, Any] = {"integer": 1, "number": 412.5, "boolean": True, "null": None}


def add_samples(document: Json) -> None:
    """Put an example to every answer, and to every body that is a file."""
    sampler = _Sampler(document["components"]["schemas"])
    for operation in _operations(document):
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                for kind, media in response.get("content", {}).items():
                    media.setdefault("example", sampler.answer(kind, media.get("schema", {})))
        for media in operation.get("requestBody", {}).get("content", {}).values():
            if media.get("schema", {}).get("format") == "binary":
                media.setdefault("example", _BYTES)


def _operations(document: Json) -> Iterator[Json]:
    for item in document["paths"].values():
        yield from item.values()


class _Sampler:
    """Makes values of schemas. A form within itself ends where it may be empty."""

    def __init__(self, schemas: Json) -> None:
        self._schemas = schemas

    def answer(self, kind: str, schema: Json) -> Any:
        """Of one media type."""
        if kind.endswith("json"):
            return self._value(schema, "", ())
        return _FILES.get(kind, _BYTES)

    def _value(self, schema: Json, name: str, within: tuple[str, ...]) -> Any:
        if "$ref" in schema:
            form = schema["$ref"].rsplit("/", 1)[-1]
            return self._value(self._schemas[form], name, (*within, form))
        for key in ("examples", "enum"):
            if schema.get(key):
                return schema[key][0]
        if "const" in schema:
            return schema["const"]
        if options := schema.get("anyOf") or schema.get("oneOf"):
            open_ = [one for one in options if not self._is_within(one, within)]
            return self._value(open_[0], name, within) if open_ else None
        return self._of_type(schema, name, within)

    def _of_type(self, schema: Json, name: str, within: tuple[str, ...]) -> Any:
        kind = schema.get("type")
        if kind == "array":
            items = schema.get("items", {})
            count = max(int(schema.get("minItems", 0)), 1)
            if "prefixItems" in schema:
                return [self._value(one, name, within) for one in schema["prefixItems"]]
            return [] if self._is_within(items, within) else [self._value(items, name, within)] * count
        if kind == "string":
            known = FIELDS.get(name, PARAMETERS.get(name, ("", None))[1])
            return known if isinstance(known, str) else name or "text"
        if kind in _PLAIN:
            least = schema.get("minimum", schema.get("exclusiveMinimum"))
            return _PLAIN[kind] if least is None else max(_PLAIN[kind], least)
        return self._object(schema, within)

    def _object(self, schema: Json, within: tuple[str, ...]) -> Json:
        needed = schema.get("required", ())
        found = {
            name: self._value(part, name, within)
            for name, part in schema.get("properties", {}).items()
            if name in needed or not self._is_within(part, within)
        }
        more = schema.get("additionalProperties")
        if not found and isinstance(more, dict):
            found = {"tx1": self._value(more, "", within)}
        elif not found and not within:
            found = {"summary": {"period": {"label": "2026-10"}}, "manifest": {"form": 1}}
        return found

    def _is_within(self, schema: Json, within: tuple[str, ...]) -> bool:
        return schema.get("$ref", "").rsplit("/", 1)[-1] in within
