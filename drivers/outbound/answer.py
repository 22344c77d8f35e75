"""What a server answered to a message, and what follows: delivered, try again, or never.

Chat providers answer HTTP 200 also to what they refuse: for them the code in the body decides (`settle_robot`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime

import orjson

from drivers.outbound.text import single_line
from gateway.core.errors import Rejected, Unavailable

MAX_SAID = 200  # characters of an answer that are shown
MAX_RETRY_AFTER_S = 3600.0
SLOW_RETRY_S = 60.0  # for what a person or the network has to repair
_TOO_EARLY = frozenset({408, 425, 429})  # request timeout, too early, too many requests (RFC 9110, RFC 8470, RFC 6585)
_RATE_WORDS = ("too fast", "too many", "freq", "rate limit", "限流", "频繁", "频率")
_HIDEABLE = 4  # shorter parts of an address are words of their own


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a server; `said` is safe to show."""

    status: int
    body: bytes = b""  # cut
    retry_after_s: float | None = None
    said: str = ""  # the body as one line without secrets, at most MAX_SAID characters


@dataclass(frozen=True, slots=True)
class Provider:
    """What the codes in a chat provider's answers mean. A code that is in no table is a refusal."""

    name: str
    code_keys: tuple[str, ...]
    text_keys: tuple[str, ...]
    waits_s: Mapping[int, float]  # busy or over its rate: try again after this time
    hints: Mapping[int, str] = field(default_factory=dict)  # refused for good: what to do


def make_answer(status: int, body: bytes, retry_after: str, now_ns: int, secrets: tuple[str, ...] = ()) -> Answer:
    """An answer from its parts; `now_ns` is UTC (for a Retry-After that is a date)."""
    said = hidden(single_line(body.decode(errors="replace")), secrets)[:MAX_SAID]
    return Answer(status, body, retry_after_s(retry_after, now_ns), said)


def hidden(text: str, secrets: tuple[str, ...]) -> str:
    """The text with every secret in it masked; the longest first, so that no rest of one is left."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= _HIDEABLE:
            text = text.replace(secret, "***")
    return text


def retry_after_s(text: str, now_ns: int) -> float | None:
    """Seconds from either form of Retry-After (RFC 9110, 10.2.3), capped; `None` where it is missing or nonsense."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MAX_RETRY_AFTER_S)
    try:
        date = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    seconds = date.timestamp() - now_ns / 1e9
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)


def settle(answer: Answer, where: str) -> str:
    """The words for the log where the message was taken. Raises `Unavailable` or `Rejected`."""
    status, said = answer.status, f"{answer.status} {answer.said}".strip()
    if 200 <= status < 300:
        return said
    if status in _TOO_EARLY or status >= 500:
        message = f"{where} does not take messages at the moment ({said})"
        raise Unavailable(message, "it is sent again", retry_after_s=answer.retry_after_s)
    if 300 <= status < 400:
        raise Unavailable(
            f"{where} sends elsewhere instead of taking the message ({said})",
            "redirects are not followed: write the final address; a log-in page of the network answers like this too",
            retry_after_s=SLOW_RETRY_S,
        )
    raise Rejected(f"{where} refuses the message ({said})", _hint(status))


def _hint(status: int) -> str:
    if status in {401, 403}:
        return "check the key, token or signature, and whether this address may send"
    if status in {404, 405, 410}:
        return "check the path in the address"
    return "see the receiver's log"


def settle_robot(answer: Answer, provider: Provider, where: str) -> str:
    """As `settle`, by the code in the body of an answer with HTTP status 200."""
    settle(answer, where)
    document = _object(answer.body)
    codes = [document.get(key) for key in provider.code_keys]
    code = next((value for value in codes if isinstance(value, int)), None)
    if code is None:
        raise Unavailable(
            f"{where} did not answer as {provider.name} does ({answer.said})",
            "is the address right? a proxy or a log-in page of the network answers like this too",
            retry_after_s=SLOW_RETRY_S,
        )
    said = f"{provider.code_keys[0]} {code} {_words(document, provider, answer)}".strip()
    if code == 0:
        return said
    wait_s = _wait_s(code, said, provider)
    if wait_s is not None:
        raise Unavailable(f"{provider.name} takes no messages at the moment ({said})", retry_after_s=wait_s)
    hint = provider.hints.get(code, "look the code up in the provider's documentation")
    raise Rejected(f"{provider.name} refuses the message ({said})", hint)


def _wait_s(code: int, said: str, provider: Provider) -> float | None:
    """How long to wait; also where the code is new but the words speak of a rate: providers have changed theirs."""
    if code in provider.waits_s:
        return provider.waits_s[code]
    is_rate = code not in provider.hints and any(word in said.lower() for word in _RATE_WORDS)
    return SLOW_RETRY_S if is_rate else None


def _object(body: bytes) -> dict[str, object]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def _words(document: dict[str, object], provider: Provider, answer: Answer) -> str:
    """The provider's own words, if they are in the part of the answer that may be shown."""
    text = next((str(document[key]) for key in provider.text_keys if document.get(key)), "")
    line = single_line(text)[:MAX_SAID]
    return line if line in answer.said else answer.said
