"""The forms of bodies that the records' routes read by themselves: JSON of many kinds, forms with files."""

from typing import Any

Json = dict[str, Any]
_TEXT = {"type": "string"}
_EVIDENCE = {
    "type": "array",
    "maxItems": 20,
    "items": {"anyOf": [{"type": "string"}, {"type": "object", "properties": {"sha256": _TEXT, "name": _TEXT}}]},
    "description": "SHA-256 of files that were sent before.",
}
RECORD: Json = {
    "schema": {
        "type": "object",
        "title": "RecordWanted",
        "properties": {
            "kind": {**_TEXT, "description": "Which form: GET /api/v1/carbon/templates lists them with their fields."},
            "by": {**_TEXT, "description": "Who prepared it."},
            "evidence": _EVIDENCE,
            "force": {"anyOf": [{"type": "boolean"}, _TEXT]},
        },
        "required": ["kind"],
        "additionalProperties": True,
    },
    "example": {
        "kind": "delivery", "by": "Li Wei", "source": "boiler", "quantity": "1200", "unit": "kg",
        "from": "2026-10-01", "to": "2026-10-31", "document": "DN-2026-1043",
    },
}  # fmt: skip
TABLE: Json = {
    "schema": {
        "type": "object",
        "title": "TableWanted",
        "properties": {
            "kind": {**_TEXT, "description": "Which form each row is."},
            "by": _TEXT,
            "table": {**_TEXT, "description": "SHA-256 of a table that was sent before."},
            "name": _TEXT,
            "note": _TEXT,
            "supersedes": _TEXT,
            "accept_good_rows": {"type": "boolean"},
            "force": {"type": "boolean"},
            "evidence": _EVIDENCE,
        },
        "required": ["kind", "table"],
        "additionalProperties": True,
    },
    "example": {"kind": "delivery", "by": "Li Wei", "table": "<sha256>", "accept_good_rows": False},
}


def form(document: str, *files: str) -> Json:
    """A form: the JSON in the part `document`, files in the others."""
    parts: Json = {document: {**_TEXT, "description": "JSON, as in the other type of body."}}
    for name in files:
        kind = {"type": "string", "format": "binary"}
        parts[name] = {"type": "array", "items": kind} if name == "file" else kind
    needed = [document, *(name for name in files if name != "file")]
    return {"schema": {"type": "object", "properties": parts, "required": needed}}
