"""The newest records of the log, in memory, as they may be shown: one line each, no secrets, nothing that steers."""

import logging
import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

from gateway.config.redact import MASK, without_secrets

KEPT = 2000
LONGEST = 1000  # characters of a message
_PAIR = re.compile(
    r"(?i)([\w.-]*(?:pass(?:word|wd|phrase)?|pwd|token|secret|credential|api_?key|private_?key|authorization)[\w.-]*"
    r"[\"']?\s*[=:]\s*)(?:Bearer\s+)?(\"[^\"]*\"|'[^']*'|[^\s,;&}]+)"
)
_KEY = re.compile(r"\bpg_[A-Za-z0-9]+_[A-Za-z0-9_-]{8,}")


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One record."""

    id: int  # counts from 1 in this run
    time_ms: int
    level: str  # debug, info, warning, error, critical
    logger: str
    text: str


class LogTail(logging.Handler):
    """Keeps the newest `KEPT` records from INFO on; any thread may log."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._records: deque[LogRecord] = deque(maxlen=KEPT)
        self._numbers = count(1)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        try:
            text = record.getMessage()
        except (TypeError, ValueError, KeyError, IndexError):  # a wrong format is no trouble of who logs
            text = str(record.msg)
        if record.exc_info and record.exc_info[1] is not None:
            text += f" {type(record.exc_info[1]).__name__}: {record.exc_info[1]}"
        self._records.append(
            LogRecord(
                next(self._numbers), int(record.created * 1000), record.levelname.lower(), record.name, shown(text)
            )
        )

    def newest(self, limit: int, *, since: int = 0, level: int = logging.INFO) -> list[LogRecord]:
        """The newest records behind `since` of at least this level, oldest first."""
        found: list[LogRecord] = []
        for record in reversed(list(self._records)):
            if record.id <= since or len(found) >= limit:
                break
            if logging.getLevelNamesMapping().get(record.level.upper(), 0) >= level:
                found.append(record)
        return found[::-1]

    @property
    def last_id(self) -> int:
        """The number of the newest record; 0: none."""
        return self._records[-1].id if self._records else 0

    @contextmanager
    def attached(self) -> Iterator[None]:
        """Hear everything that is logged meanwhile."""
        root = logging.getLogger()
        root.addHandler(self)
        try:
            yield
        finally:
            root.removeHandler(self)


def shown(text: str) -> str:
    """One line that may be shown to everybody who looks after the gateway."""
    text = text[: 4 * LONGEST]
    line = "".join(letter if letter.isprintable() else " " if letter.isspace() else "\ufffd" for letter in text)
    line = _KEY.sub(MASK, _PAIR.sub(rf"\g<1>{MASK}", without_secrets(line)))
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
