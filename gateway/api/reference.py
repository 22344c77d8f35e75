"""The API reference for people: Markdown from the OpenAPI document (`park-gateway schema --api`)."""

from collections.abc import Iterator
from typing import Any

from gateway.api.document import operations

Json = dict[str, Any]
_HEAD = """# API reference

Made from the OpenAPI document by `park-gateway schema --api`; a test compares the two. The document itself is at
`GET /api/v1/openapi.json` for those who signed in, and from `park-gateway schema --openapi`. A typed Python client:

    park-gateway schema --openapi > openapi.json
    openapi-python-client generate --path openapi.json --config deploy/openapi-python-client.yaml

Dashboards: [Grafana](grafana.md).
"""


def reference(document: Json) -> str:
    """The whole page."""
    return "\n".join([_HEAD, document["info"]["description"], *_by_tag(document), *_shapes(document)]).rstrip() + "\n"


def _by_tag(document: Json) -> Iterator[str]:
    for tag in document["tags"]:
        yield f"\n## {tag['name']}\n\n{tag['description']}"
        for path, method, operation in operations(document):
            if operation["tags"][0] == tag["name"]:
                yield from _operation(path, method, operation)


def _operation(path: str, method: str, operation: Json) -> Iterator[str]:
    yield f"\n### {method.upper()} {path}\n"
    yield operation["description"].strip()
    yield f"\nWho: {operation['x-permission']}."
    parameters = operation.get("parameters", [])
    if parameters:
        yield "\n| Parameter | Type | Meaning |\n| --- | --- | --- |"
        yield from (_parameter(one) for one in parameters)
    body = operation.get("requestBody", {}).get("content", {})
    if body:
        yield "\nBody: " + ", or ".join(f"`{kind}` {_type(media['schema'])}".strip() for kind, media in body.items())
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            content = response.get("content", {})
            told = ", or ".join(f"`{kind}` {_answer(media)}".strip() for kind, media in content.items())
            yield f"\nAnswer {status}: {told or 'nothing'}"


def _answer(media: Json) -> str:
    found = _type(media.get("schema", {}))
    return "" if found == "string" else found


def _parameter(one: Json) -> str:
    schema = one["schema"]
    told = one["description"]
    if "default" in schema and schema["default"] not in ("", None):
        told += f" Default: `{_plain(schema['default'])}`."
    elif one.get("required"):
        told += " Needed."
    limits = [f"{word} {schema[key]}" for key, word in (("minimum", "from"), ("maximum", "to")) if key in schema]
    example = f" Example: `{_plain(schema['examples'][0])}`." if schema.get("examples") else ""
    kind = " ".join([_type(schema), *limits])
    return f"| `{one['name']}` | {kind} | {told.strip()}{example} |"


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _shapes(document: Json) -> Iterator[str]:
    yield "\n## Shapes\n\nWhat answers and bodies are made of."
    for name, schema in sorted(document["components"]["schemas"].items()):
        yield f"\n### {name}\n\n{' '.join(schema.get('description', '').split())}"
        if "enum" in schema:
            yield "\nOne of " + ", ".join(f"`{value}`" for value in schema["enum"]) + "."
        elif schema.get("properties"):
            needed = schema.get("required", [])
            yield (
                "\n"
                + "; ".join(_field(name, part, name in needed) for name, part in schema["properties"].items())
                + "."
            )


def _field(name: str, schema: Json, is_needed: bool) -> str:
    told = " ".join(schema.get("description", "").split()).rstrip(".")
    return f"`{name}` {_type(schema)}{'' if is_needed else ' (may be absent)'}{f': {told}' if told else ''}"


def _type(schema: Json) -> str:
    """A schema in a few words, for a cell of a table."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {_type(schema['additionalProperties'])}"
    return str(schema.get("type", "any"))
