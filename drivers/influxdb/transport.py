"""What the sink needs of an HTTP client: post a body, get an answer, which is normalised here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

import orjson

MAX_ANSWER = 64 * 1024  # bytes read of an answer: InfluxDB 1.8 quotes every refused line in full
MAX_REASON = 500  # characters of a reason that are kept
MAX_RETRY_AFTER_S = 600.0

_ERROR_HEADERS = ("X-Influxdb-Error", "X-Platform-Error-Code", "Location")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a server."""

    status: int
    reason: str = ""  # in the server's own words
    retry_after_s: float | None = None  # capped
    line_reasons: tuple[tuple[int, str], ...] = ()  # line number in the body, from 1, and why it was refused

    @property
    def is_accepted(self) -> bool:
        """True only for the two answers that mean "written"; a proxy's 200 does not."""
        return self.status in {201, 204}


class Transport(Protocol):
    """One server that bodies are posted to."""

    async def post(self, body: bytes) -> Answer:
        """Post one body of line protocol. Raises `Unavailable` where no answer came."""
        ...

    async def close(self) -> None:
        """Let go of the connections."""
        ...


def read_answer(status: int, headers: Mapping[str, str], body: bytes, now_ns: int) -> Answer:
    """Normalise an answer: reason from body or headers, Retry-After in seconds, refused line numbers.

    `headers` is case-insensitive; `body` may be cut off anywhere; `now_ns` is UTC (for a Retry-After that is a date).
    """
    document = _json_object(body)
    reason = _reason(document, body) or next((headers[name] for name in _ERROR_HEADERS if name in headers), "")
    retry_after_s = _retry_after_s(headers.get("Retry-After", ""), now_ns)
    return Answer(status, reason[:MAX_REASON], retry_after_s, _line_reasons(document))


def _json_object(body: bytes) -> dict[str, object]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def _reason(document: dict[str, object], body: bytes) -> str:
    for key in ("message", "error"):
        text = document.get(key)
        if isinstance(text, str) and text:
            return text
    return body[: 4 * MAX_REASON].decode(errors="replace").strip()


def _retry_after_s(text: str, now_ns: int) -> float | None:
    """Seconds from either form of Retry-After (RFC 9110, 10.2.3), capped; `None` where it is missing or nonsense."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MAX_RETRY_AFTER_S)
    try:
        date = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    seconds = (date - datetime.fromtimestamp(now_ns / 1e9, UTC)).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_S)


def _line_reasons(document: dict[str, object]) -> tuple[tuple[int, str], ...]:
    """`data[].line_number` and `error_message` of InfluxDB 3; empty for every other server."""
    data = document.get("data")
    found: dict[int, str] = {}
    for entry in data if isinstance(data, list) else [data]:
        if not isinstance(entry, dict):
            continue
        number = entry.get("line_number")
        if isinstance(number, int) and not isinstance(number, bool):
            found[number] = str(entry.get("error_message") or document.get("error") or "")[:MAX_REASON]
    return tuple(sorted(found.items()))
