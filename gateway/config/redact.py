"""The text of the configuration as it may be shown: secrets masked, references to secrets left as they are."""

import csv
import io
import re
from pathlib import Path
from typing import Protocol

import yaml

from gateway.config.csvtext import decode_table
from gateway.config.problems import nearest
from gateway.config.yamltext import normalised

MASK = "***"

_SECRET = re.compile(r"pass(word|wd|phrase)?|pwd|token|secret|credential|api_?key|private_?key", re.IGNORECASE)
_REFERENCE = re.compile(r"\$\{[^}]*\}|file:\S+|credential:\S+")
_USERINFO = re.compile(r"//[^/@\s\"']+@")
_IN_COMMENT = re.compile(
    rf"(#.*?(?:{_SECRET.pattern})\w*[\"']?\s*[:=]\s*)(?!\$\{{|file:|credential:)(\S+)", re.IGNORECASE
)
_IN_ADDRESS = re.compile(r"((?:[?&](?:access_token|key|token|sign|secret)=|/bot/v2/hook/))[^&\s\"'/]+", re.IGNORECASE)
_NO_CHANNELS = frozenset(
    {"site", "enterprises", "connections", "profiles", "devices", "sinks", "store", "api", "backup", "include"}
    | {"energy", "carbon", "tariffs"}
)
_ENDS_EARLY = "# *** the rest is not shown: this file cannot be read from here on ***\n"


def without_password(text: str) -> str:
    """An address without the user and password that may stand in it."""
    return _USERINFO.sub(f"//{MASK}@", text)


def without_secrets(text: str) -> str:
    """One text without what an address in it may have of secrets."""
    return _IN_ADDRESS.sub(rf"\g<1>{MASK}", without_password(text))


def sounds_secret(name: str) -> bool:
    """True for a name that what is under it should not be shown by, whatever holds it."""
    return bool(_SECRET.search(name)) and not name.endswith(("_file", "_path"))


def redacted_yaml(text: str, secret_keys: frozenset[str], channel_keys: frozenset[str] = frozenset()) -> str:
    """YAML text with the values of secret keys masked; what cannot be parsed is left out.

    `channel_keys` are secret in channels only, where a robot's whole address (`url`) is its password.
    """
    text = normalised(text)
    spans, end = _secret_spans(text, secret_keys, channel_keys)
    shown = text[:end]
    for start, stop in reversed(spans):
        shown = f"{shown[:start]}{MASK}{shown[stop:]}"
    if end < len(text):
        shown = shown[: shown.rfind("\n") + 1] + _ENDS_EARLY
    return _IN_COMMENT.sub(rf"\g<1>{MASK}", without_secrets(shown))


def redacted_table(data: bytes, secret_keys: frozenset[str]) -> str:
    """CSV text with the cells of secret columns masked; empty where it cannot be read."""
    try:
        text = decode_table(data)
        delimiter = max(",;\t", key=text.split("\n", 1)[0].count)
        rows = list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter, skipinitialspace=True))
    except (UnicodeDecodeError, csv.Error):
        return ""
    hidden = {column for column, name in enumerate(rows[0] if rows else []) if _is_secret(name.strip(), secret_keys)}
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(
        [
            _masked_cell(cell) if row and column in hidden else without_password(cell)
            for column, cell in enumerate(cells)
        ]
        for row, cells in enumerate(rows)
    )
    return out.getvalue()


def redacted_text(
    path: Path, data: bytes, secret_keys: frozenset[str], channel_keys: frozenset[str] = frozenset()
) -> str:
    """The text of one file: a table where it is no YAML."""
    if path.suffix.lower() not in (".yaml", ".yml"):
        return redacted_table(data, secret_keys)
    return redacted_yaml(data.decode("utf-8", "replace"), secret_keys, channel_keys)


def redacted_files(
    paths: list[Path], secret_keys: frozenset[str], channel_keys: frozenset[str] = frozenset()
) -> dict[str, str]:
    """Path -> text to show, for every file that can be read."""
    shown: dict[str, str] = {}
    for path in paths:
        try:
            data = path.read_bytes()
        except (OSError, ValueError):
            continue
        shown[str(path)] = redacted_text(path, data, secret_keys, channel_keys)
    return shown


def _secret_spans(
    text: str, secret_keys: frozenset[str], channel_keys: frozenset[str]
) -> tuple[list[tuple[int, int]], int]:
    """Where secrets stand, as offsets, and up to where the text could be parsed."""
    spans: list[tuple[int, int]] = []
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    reader = _SpanReader(starts, secret_keys, channel_keys, spans)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            reader.feed(event)
    except yaml.YAMLError:
        return spans, reader.parsed
    return spans, len(text)


class _Place(Protocol):
    line: int
    column: int


class _SpanReader:
    """Follows parser events and notes the spans of the values of secret keys, whole subtrees included."""

    def __init__(
        self,
        line_starts: list[int],
        secret_keys: frozenset[str],
        channel_keys: frozenset[str],
        spans: list[tuple[int, int]],
    ) -> None:
        self.parsed = 0
        self._starts = line_starts
        self._keys = secret_keys
        self._channel_keys = channel_keys
        self._spans = spans
        self._is_map: list[bool] = []
        self._key: list[str | None] = []  # per open mapping: the key that waits for its value
        self._hidden_depth = 0

    def feed(self, event: yaml.Event) -> None:
        """Take one event in."""
        self.parsed = max(self.parsed, self._offset(event.end_mark))
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            is_hidden = self._hidden_depth > 0 or self._takes_secret()
            self._hidden_depth += is_hidden
            self._is_map.append(isinstance(event, yaml.MappingStartEvent))
            self._key.append(None)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._is_map.pop()
            self._key.pop()
            self._hidden_depth -= self._hidden_depth > 0
            self._value_taken()

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if self._is_map and self._is_map[-1] and self._key[-1] is None:
            self._key[-1] = event.value
            return
        is_reference = _REFERENCE.fullmatch(event.value) is not None
        if event.value and not is_reference and (self._hidden_depth > 0 or self._takes_secret()):
            self._spans.append((self._offset(event.start_mark), self._offset(event.end_mark)))
        self._value_taken()

    def _takes_secret(self) -> bool:
        key = self._key[-1] if self._key and self._is_map[-1] else None
        if key is None:
            return False
        return _is_secret(key, self._keys) or (key in self._channel_keys and self._may_be_channel())

    def _may_be_channel(self) -> bool:
        """`notify: channels: NAME:` stands above, also where one of them is misspelt."""
        return len(self._key) >= 4 and self._key[0] not in _NO_CHANNELS

    def _value_taken(self) -> None:
        if self._key and self._is_map[-1]:
            self._key[-1] = None

    def _offset(self, mark: _Place | None) -> int:
        assert mark is not None
        return self._starts[mark.line] + mark.column


def _is_secret(name: str, secret_keys: frozenset[str]) -> bool:
    """True for a secret's key, and for one that comes near (misspelt)."""
    if name.endswith(("_file", "_path")):
        return False
    return name in secret_keys or bool(_SECRET.search(name)) or nearest(name, secret_keys).startswith("did")


def _masked_cell(cell: str) -> str:
    return cell if not cell.strip() or _REFERENCE.fullmatch(cell.strip()) else MASK
