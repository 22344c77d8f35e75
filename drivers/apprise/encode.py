"""A notice as title and body for Apprise, and what its log says about a failure. Pure."""

import re
from dataclasses import dataclass

from drivers.outbound.text import cut, letter
from gateway.core.notice import Notice

MAX_TITLE, MAX_TEXT = 250, 16_000  # bytes; Apprise cuts further for each service
_STATUS = re.compile(r"\berror\s*=\s*([1-5][0-9]{2})\b")
_TRY_AGAIN = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Message:
    """Plain text: Apprise escapes it for each service."""

    title: str
    body: str


def encode(notice: Notice, language: str) -> Message:
    """The message, the same whenever the same notice is sent."""
    told = letter(notice, language)
    body = "\n\n".join(part for part in (*told.texts, told.url) if part) or told.title
    return Message(cut(told.title, MAX_TITLE), cut(body, MAX_TEXT))


def is_final(log: str) -> bool:
    """True where every failure in the log is an HTTP status that trying again does not change."""
    found = [int(status) for status in _STATUS.findall(log)]
    return bool(found) and all(400 <= status < 500 and status not in _TRY_AGAIN for status in found)


def secrets_of(urls: tuple[str, ...]) -> tuple[str, ...]:
    """The parts of addresses that a log must not show: everything but the scheme."""
    parts = [part for url in urls for part in re.split(r"[/:@?&=,]+", url.partition("://")[2]) if len(part) >= 4]
    return (*urls, *parts)
