"""What the audit log keeps of a value before and after a change: canonical JSON without secrets, bounded."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from hashlib import sha256
from math import isfinite
from typing import Any

from pydantic import BaseModel

MOST_BYTES = 8 * 1024  # of one value; of a longer one the beginning and the hash of the rest
MASK = "***"
_MARGIN = 256  # for the frame around the beginning
_DEPTH = 20
_SECRET = re.compile(
    r"pass(word|wd|phrase|code)?s?$|pwd|token|secret|credential|cookie|csrf|(api|private|signing)[_-]?key$|^code$|"
    r"setup_?code|authorization|^hash$",
    re.IGNORECASE,
)


def shown(value: Any) -> str | None:
    """The value as text: keys sorted, values of secret keys masked, at most `MOST_BYTES`. `None` stays `None`.

    A longer one becomes `{"bytes", "cut", "rest_sha256"}`: its whole length, its beginning, the hash of what follows.
    """
    if value is None:
        return None
    text = _text(_plain(value, 0)).encode(errors="replace")
    if len(text) <= MOST_BYTES:
        return text.decode()
    room = MOST_BYTES - _MARGIN
    while True:
        cut = text[:room].decode(errors="ignore")
        rest = text[len(cut.encode()) :]
        framed = _text({"bytes": len(text), "cut": cut, "rest_sha256": sha256(rest).hexdigest()})
        if len(framed.encode()) <= MOST_BYTES:
            return framed
        room -= len(framed.encode()) - MOST_BYTES  # quotes of the beginning take room of their own


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two without the entries that are the same in both: what a change is made of."""
    keys = {key for key in {*before, *after} if key not in before or key not in after or before[key] != after[key]}
    return ({key: before[key] for key in keys if key in before}, {key: after[key] for key in keys if key in after})


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _plain(value: Any, depth: int) -> Any:
    if depth > _DEPTH:
        return "…"
    if isinstance(value, Mapping):
        found = {_word(key): (key, entry) for key, entry in value.items()}
        return {
            word: MASK if _is_secret(word, entry) else _plain(entry, depth + 1) for word, (_, entry) in found.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        entries = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        return [_plain(entry, depth + 1) for entry in entries]
    if isinstance(value, BaseModel):  # its own text would show what stands under secret keys
        return _plain(value.model_dump(), depth)
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value), depth)
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and isfinite(value)):
        return value
    return _word(value)


def _is_secret(word: str, entry: Any) -> bool:
    return entry is not None and not isinstance(entry, bool) and _SECRET.search(word) is not None


def _word(value: Any) -> str:
    """As text; half of a surrogate pair, which the text of a device may hold, has none in UTF-8."""
    return str(value).encode(errors="replace").decode()
