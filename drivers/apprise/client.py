"""The only file that touches Apprise: one blocking call, with its log as the answer.

Apprise blocks (requests, time.sleep), says only yes or no, and tells the reason to its log.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from drivers.apprise.encode import Message
from drivers.outbound.text import single_line
from gateway.core.errors import ConfigError, Rejected

MAX_LOG = 500  # characters of the log that are kept
_PIP = "pip install 'park-gateway[apprise]'"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What Apprise made of a message."""

    is_sent: bool  # every service took it
    log: str  # one line, not yet without secrets


def check_installed(find: Callable[[str], object | None] = find_spec) -> None:
    """Raises ConfigError where the optional package is missing."""
    if find("apprise") is None:
        raise ConfigError("driver `apprise` needs the package apprise, which is not installed", _PIP)


class _ThreadLog(logging.Handler):
    """What Apprise says in one thread: other channels use the same logger at the same time."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._thread = threading.get_ident()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.lines.append(record.getMessage())


def send(urls: tuple[str, ...], message: Message) -> Outcome:
    """To be called in a thread. Raises `Rejected` where Apprise does not understand an address."""
    apprise = import_module("apprise")
    # in order and without time-outs of its own, which would hand the message to a pool that delays the gateway's end
    asset = apprise.AppriseAsset(async_mode=False, service_timeout=0, storage_mode="memory")
    log, logger = _ThreadLog(), logging.getLogger("apprise")
    logger.propagate = (
        False  # it names addresses with their keys: only what was cleaned of them reaches the gateway's log
    )
    logger.addHandler(log)
    try:
        services = apprise.Apprise(asset=asset)
        for position, url in enumerate(urls, 1):
            if not services.add(url):
                raise Rejected(f"Apprise does not understand entry {position} of `urls`", "see its documentation")
        is_sent = services.notify(body=message.body, title=message.title, body_format=apprise.NotifyFormat.TEXT)
    finally:
        logger.removeHandler(log)
    return Outcome(bool(is_sent), single_line(" ".join(log.lines))[:MAX_LOG])
