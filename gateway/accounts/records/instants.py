"""Instants as people write them: the site's local time, or with an offset; an hour that comes twice needs one."""

import re
from datetime import UTC, datetime, tzinfo

from gateway.config.types import HintedError

_INSTANT = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?"
    r" ?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_HINT = "write local time `2026-10-31 08:00`, or with its offset `2026-10-31T08:00+08:00`"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_instant_ns(text: str, zone: tzinfo) -> int:
    """UTC nanoseconds of an instant. Raises HintedError for what is none, or is none or two in this zone."""
    match = _INSTANT.fullmatch(text.replace("/", "-").strip())
    if match is None:
        raise HintedError(f"`{text[:40]}` is no instant: day and time are needed", _HINT)
    day, hour, minute, second, parts, offset = match.groups()
    try:
        wall = datetime.fromisoformat(f"{day}T{int(hour):02}:{minute}:{second or '00'}")
        moment = wall.replace(tzinfo=zone) if offset is None else datetime.fromisoformat(f"{wall.isoformat()}{offset}")
        if offset is None:
            _check(wall, moment)
        seconds = moment.astimezone(UTC) - _EPOCH
    except (ValueError, OverflowError) as error:
        if isinstance(error, HintedError):
            raise
        raise HintedError(f"`{text[:40]}` is no instant", _HINT) from None
    if not 1990 <= moment.year <= 2199:
        raise HintedError(f"`{text[:40]}`: the year is not between 1990 and 2199", _HINT)
    return (seconds.days * 86_400 + seconds.seconds) * 1_000_000_000 + int((parts or "0").ljust(9, "0"))


def _check(wall: datetime, moment: datetime) -> None:
    """Refuses what the local clock never shows, and what it shows twice."""
    if moment.astimezone(UTC).astimezone(moment.tzinfo).replace(tzinfo=None, fold=0) != wall:
        raise HintedError(f"`{wall:%Y-%m-%d %H:%M}` does not exist here: the clock leaps over it", _HINT)
    if moment.utcoffset() != moment.replace(fold=1).utcoffset():
        raise HintedError(f"`{wall:%Y-%m-%d %H:%M}` comes twice here", "write it with its offset: `+02:00`")
