"""One line for one record, whatever devices, servers and people are called: text from outside steers no terminal and
makes no line that looks like ours."""

import logging
import re
import traceback
from types import TracebackType
from typing import Any

# control characters, and those that turn the direction of writing; a line end is one of them
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


class OneLine(logging.Formatter):
    """Writes steering characters as `\\x1b`; a traceback keeps its lines, each of them escaped."""

    def __init__(self) -> None:
        super().__init__(_FORMAT)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        """The line."""
        return escaped(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the library's name
        """The traceback."""
        return "\n".join(_lines(*ei))


def escaped(text: str) -> str:
    """The text as one line that steers nothing."""
    return _STEERING.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def _lines(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> list[str]:
    """Python's own lines begin with a blank or `Traceback`; a foreign one cannot, it is behind `  | `."""
    parts = traceback.format_exception(kind, error, trace)
    return [f"  | {escaped(line)}" for part in parts for line in part.rstrip("\n").split("\n")]
