"""Canonical JSON: one document, one string of bytes, so that its hash is a property of the document."""

import json
from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any


def canonical(document: Any) -> bytes:
    """The document as JSON: keys sorted by code point, no spaces, UTF-8, decimals as plain text (`1.50`, never 1E+2).

    Raises TypeError for a float (whose text depends on who prints it) and for everything that JSON does not know,
    ValueError for a number that is not finite and for text that is not Unicode.
    """
    return json.dumps(_plain(document), ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def content_id(document: Any) -> str:
    """SHA-256 of the canonical JSON, in hex: the id of what is calculated, the same wherever it is calculated."""
    return sha256(canonical(document)).hexdigest()


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{value} is no number that can be accounted")
        return format(value, "f")
    if isinstance(value, Mapping):
        return {_key(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    raise TypeError(f"{type(value).__name__} has no canonical form: give decimals, whole numbers, text")


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a key is text, not {type(key).__name__}")
    return key
