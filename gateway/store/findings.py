"""What a store found wrong: said once in the log, listed for the page for as long as it matters."""

import logging

_KEPT = 50


class Findings:
    """Messages for a person by key. Safe to read from another thread than the one that writes."""

    def __init__(self, name: str) -> None:
        self._log = logging.getLogger(name)
        self._open: dict[str, str] = {}

    def say(self, key: str, message: str) -> None:
        """Open a finding; it is logged when its key is new. The oldest makes way when there are too many."""
        if key not in self._open:
            self._log.warning("%s: %s", key, message)
        self._open[key] = message
        if len(self._open) > _KEPT:
            del self._open[next(iter(self._open))]

    def clear(self, key: str) -> None:
        """The matter is settled; logged if it was open."""
        if self._open.pop(key, None) is not None:
            self._log.warning("%s: settled", key)

    def all(self) -> list[str]:
        """Every open finding, oldest first."""
        return list(self._open.values())
