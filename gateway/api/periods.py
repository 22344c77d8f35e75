"""Times and steps as requests write them."""

import re
from datetime import UTC, datetime, tzinfo
from typing import Annotated

from fastapi import HTTPException, Query

from gateway.api.problems import Refusal

MAX_RANGE_S = 400 * 86_400
MAX_ROWS = 5_000
DEFAULT_BUCKETS = 300
_UTC = "ISO 8601; without a zone it is UTC."
Start = Annotated[str | None, Query(alias="from", max_length=40, description=_UTC)]
End = Annotated[str | None, Query(alias="to", max_length=40, description=_UTC)]
_STEP = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|min|h|d|w)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0, None: 1.0}
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400)


def parse_time_ns(text: str, name: str, zone: tzinfo = UTC) -> int:
    """ISO 8601 as UTC nanoseconds, in `zone` where it names none. Answers 422 for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise HTTPException(422, f"{name}: `{text[:40]}` is no ISO 8601 time; write 2026-11-22T08:00:00Z") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    if not 1970 <= moment.year <= 2200:
        raise HTTPException(422, f"{name}: the year {moment.year} is outside 1970 to 2200")
    return int(moment.timestamp() * 1_000_000) * 1000


def parse_range_ns(
    start: str | None, end: str | None, now_ns: int, default_s: float = 3600.0, zone: tzinfo = UTC
) -> tuple[int, int]:
    """Start and end in UTC nanoseconds; the last hour where nothing is said. Answers 422 where they do not fit."""
    to_ns = now_ns if end is None else parse_time_ns(end, "to", zone)
    from_ns = to_ns - int(default_s * 1e9) if start is None else parse_time_ns(start, "from", zone)
    if from_ns >= to_ns:
        raise Refusal(422, "from must be before to", "swap them, or leave both out")
    if to_ns - from_ns > MAX_RANGE_S * 1_000_000_000:
        raise Refusal(422, f"the range is longer than {MAX_RANGE_S // 86_400} days", "ask in parts")
    return from_ns, to_ns


def parse_step_s(text: str | None, from_ns: int, to_ns: int) -> float:
    """The step in seconds: `60s`, `15m`, `raw` and `0` (0: raw rows), or about 300 buckets where nothing is said."""
    span_s = (to_ns - from_ns) / 1e9
    if text is None:
        return float(next((step for step in _STEPS_S if span_s / step <= DEFAULT_BUCKETS), _STEPS_S[-1]))
    if text == "raw":
        return 0.0
    match = _STEP.fullmatch(text)
    if match is None:
        raise HTTPException(422, f"step: `{text[:20]}` is no duration; write 60s, 15m, 1h or raw")
    step_s = float(match[1]) * _UNITS[match[2]]
    if step_s > MAX_RANGE_S:
        raise HTTPException(422, f"step: longer than {MAX_RANGE_S // 86_400} days")
    if step_s and span_s / step_s > MAX_ROWS:
        raise HTTPException(422, f"step: more than {MAX_ROWS} rows; a step of {span_s / MAX_ROWS:.0f}s or more fits")
    return step_s
