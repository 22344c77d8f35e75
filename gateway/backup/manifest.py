"""What a backup says of itself, as its first file: from which installation, when, and every file with its SHA-256."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

from gateway.core.clock import utc_text
from gateway.core.errors import ConfigError, Rejected

NAME = "manifest.json"
FORMAT = 1
MAX_BYTES = 32 * 2**20  # a hundred thousand photos
STATE, LEDGER, OUTBOX, KEY = "state.db", "ledger.db", "outbox.db", "ledger.key"
CONFIG, EVIDENCE, HISTORY = "config/", "evidence/", "history/"
CONFIG_SUFFIXES = (".yaml", ".yml", ".csv")
_REQUIRED = frozenset({STATE, LEDGER})
_FIXED = frozenset({STATE, LEDGER, OUTBOX, KEY})
_EVIDENCE = re.compile(r"evidence/([0-9a-f]{2})/\1[0-9a-f]{62}")
_HISTORY = re.compile(r"history/(?:\d{4}-\d\d-\d\d|rollup-\d{4}-\d\d)\.duckdb(?:\.wal)?")
_HEX = re.compile(r"[0-9a-f]{64}")
_PART = re.compile(r"[^.\x00-\x1f\x7f/\\][^\x00-\x1f\x7f/\\]{0,199}")
_LONGEST_NAME = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """One file."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class LedgerHead:
    """Up to where the log goes that is in the backup."""

    size: int
    root: str  # hex
    checkpoint_size: int = 0  # of the newest that was signed; 0: none
    checkpoint_time: str = ""


@dataclass(frozen=True, slots=True)
class AuditHead:
    """Up to where the audit log goes."""

    entries: int
    newest: str  # ISO 8601, UTC; empty: none


@dataclass(frozen=True, slots=True)
class Manifest:
    """See the module."""

    gateway_version: str
    installation: str
    site: str
    time_ns: int  # UTC
    config: str  # the name of the main file below `config/`
    ledger: LedgerHead
    audit: AuditHead
    left_out: tuple[str, ...]  # what is not in it and why, for a person
    files: tuple[Entry, ...]

    @property
    def time(self) -> str:
        """When it was made, ISO 8601."""
        return utc_text(self.time_ns)

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(entry.size for entry in self.files)

    @property
    def names(self) -> frozenset[str]:
        """Of all files."""
        return frozenset(entry.name for entry in self.files)

    def encoded(self) -> bytes:
        """As the file in the backup."""
        head = {"format": FORMAT, "time": self.time}
        return json.dumps({**head, **asdict(self)}, ensure_ascii=False, indent=1).encode()


def decoded(data: bytes) -> Manifest:
    """The manifest. Raises ConfigError for one of a newer version, Rejected for one that says what cannot be."""
    document = _document(data)
    _refuse_newer(document)
    try:
        found = Manifest(
            _text(document, "gateway_version"),
            _text(document, "installation"),
            _text(document, "site"),
            _count(document, "time_ns"),
            _text(document, "config"),
            LedgerHead(**_fields(document["ledger"], {"size": int, "root": str}, LedgerHead)),
            AuditHead(**_fields(document["audit"], {"entries": int, "newest": str}, AuditHead)),
            tuple(str(one) for one in document["left_out"][:100]),
            tuple(_entry(one) for one in document["files"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(f"it has no {error}") from error
    _check(found)
    return found


def _document(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _damaged("it is no JSON") from error
    if not isinstance(document, dict):
        raise _damaged("it is no object")
    return document


def _refuse_newer(document: Mapping[str, Any]) -> None:
    form = document.get("format")
    if not isinstance(form, int) or form < 1:
        raise _damaged("it has no `format`")
    if form > FORMAT:
        version = str(document.get("gateway_version", "a newer one"))[:40]
        raise ConfigError(
            f"the backup was made by park-gateway {version} (format {form}, this one reads {FORMAT})",
            "install that version, or a newer one, and restore with it",
        )


def _check(found: Manifest) -> None:
    names = [entry.name for entry in found.files]
    for name in names:
        if not is_allowed(name):
            raise Rejected(f"the backup holds `{name[:200]}`, which no backup has", "do not use it")
    if len(set(names)) < len(names):
        raise _damaged("a file stands twice in it")
    missing = sorted({*_REQUIRED, CONFIG + found.config} - set(names))
    if missing:
        raise Rejected(f"the backup is not complete: {', '.join(missing)[:200]} is missing", "use another one")
    if any(entry.size < 0 or not _HEX.fullmatch(entry.sha256) for entry in found.files):
        raise _damaged("a file has no size or SHA-256")
    if not 0 <= found.time_ns < 2**63:
        raise _damaged("its time is none")


def is_allowed(name: str) -> bool:
    """True for a name that a backup may have: never outside of the folder that it is put into."""
    if len(name) > _LONGEST_NAME:
        return False
    if name in _FIXED or _EVIDENCE.fullmatch(name) or _HISTORY.fullmatch(name):
        return True
    return name.startswith(CONFIG) and is_config_name(name.removeprefix(CONFIG))


def is_config_name(name: str) -> bool:
    """True for a file of a configuration, relative to its folder: never hidden, never upwards."""
    parts: Sequence[str] = name.split("/")
    suffix = PurePosixPath(name).suffix.lower()
    return all(_PART.fullmatch(part) for part in parts) and suffix in CONFIG_SUFFIXES


def _entry(given: Any) -> Entry:
    return Entry(_text(given, "name"), _count(given, "size"), _text(given, "sha256"))


def _fields(given: Any, required: Mapping[str, type], kind: type) -> dict[str, Any]:
    for name, wanted in required.items():
        if type(given[name]) is not wanted:
            raise TypeError(name)
    known = kind.__dataclass_fields__  # type: ignore[attr-defined]
    return {name: value for name, value in given.items() if name in known and isinstance(value, str | int)}


def _text(given: Any, name: str) -> str:
    value = given[name]
    if not isinstance(value, str):
        raise TypeError(name)
    return value


def _count(given: Any, name: str) -> int:
    value = given[name]
    if type(value) is not int:
        raise TypeError(name)
    return value


def _damaged(why: str) -> Rejected:
    return Rejected(f"the backup's {NAME} cannot be used: {why}", "copy it again, or use another one")
