"""What a store found wrong: said once in the log, listed for the page for as long as it matters."""

import logging
from collections.abc import Iterable

_KEPT = 50
_CHARACTERS = 500  # of a message; SQLite's account of a damaged file has no end


class Findings:
    """Messages for a person by key, one line each. Safe to read from another thread than the one that writes."""

    def __init__(self, name: str) -> None:
        self._log = logging.getLogger(name)
        self._open: dict[str, str] = {}

    def say(self, key: str, message: str) -> None:
        """Open a finding; it is logged when its key is new. The oldest makes way when there are too many."""
        message = one_line(message)
        if key not in self._open:
            self._log.warning("%s: %s", key, message)
        self._open[key] = message
        if len(self._open) > _KEPT:
            del self._open[next(iter(self._open))]

    def clear(self, key: str) -> None:
        """The matter is settled; logged if it was open."""
        if self._open.pop(key, None) is not None:
            self._log.info("%s: settled", key)

    def of(self, keys: Iterable[str]) -> list[str]:
        """The open findings of these keys, in the order of the keys."""
        return [message for key in keys if (message := self._open.get(key)) is not None]

    def all(self) -> list[str]:
        """Every open finding, oldest first."""
        return list(self._open.values())


def one_line(text: str) -> str:
    """The text with single spaces for all white space, cut where it is too long to be read."""
    line = " ".join(text.split())
    return line if len(line) <= _CHARACTERS else f"{line[: _CHARACTERS - 1]}…"
