"""Trying a device that is not in the configuration yet: one real exchange, of which nothing goes into the pipeline.

It goes over the line of the running source where there is one, so that a serial port or a small gateway is not opened
twice; else over a source of its own that lives as long as the exchange.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

from gateway.config.plan import ConnectionPlan, DevicePlan
from gateway.core.clock import Clock
from gateway.core.errors import Unavailable
from gateway.core.point import Point
from gateway.core.ports import Advice, Exchange, Frame, Reading, Source
from gateway.core.quality import Level
from gateway.pipeline.normalise import normalise_one
from gateway.pipeline.report import ms
from gateway.plugins import advice_on, build_sources

PATIENCE_S = 10.0
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tryout:
    """What came of it; `error` where it could not even begin."""

    exchanges: tuple[Exchange, ...] = ()
    error: str = ""
    hint: str = ""


async def try_device(source: Source | None, connection: ConnectionPlan, device: DevicePlan, clock: Clock) -> Tryout:
    """One real exchange with a device, at most `PATIENCE_S` long. `source`: the running one of this connection."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            return Tryout(tuple(await _exchanges(source, connection, device, clock)))
    except TimeoutError:
        hint = "try again: a device that speaks by itself may need longer"
        return Tryout(error=f"nothing came within {PATIENCE_S:g} s", hint=hint)
    except Unavailable as error:
        return Tryout(error=error.message, hint=error.hint)


async def _exchanges(
    source: Source | None, connection: ConnectionPlan, device: DevicePlan, clock: Clock
) -> Sequence[Exchange]:
    on_line = getattr(source, "try_out", None)
    if on_line is not None:
        found: list[Exchange] = await on_line(device)
        return found
    (own,) = await asyncio.to_thread(build_sources, [replace(connection, devices=(device,))], clock)
    return await own.probe(device.device.id)


def tryout_json(found: Tryout, connection: ConnectionPlan, device: DevicePlan) -> Json:
    """As the page shows it: frames, raw and scaled values side by side, what a person should look at.

    It may import a driver: not on the loop.
    """
    points = {point.name: point for point in device.points}
    read = {one.point: one for exchange in found.exchanges for one in exchange.readings}
    rows = [_row(point, read.get(name)) for name, point in points.items()]
    advice = advice_on(connection.driver, device, found.exchanges)
    return {
        "ok": not found.error and any(row["level"] == Level.GOOD.value for row in rows),
        "address": device.device.address,
        "error": found.error or next((one.error for one in found.exchanges if one.error), ""),
        "hint": found.hint,
        "elapsed_ms": round(sum(one.elapsed_s for one in found.exchanges) * 1000, 1),
        "frames": [frame for one in found.exchanges for frame in _frames(one)],
        "points": rows,
        "advice": [_advice(one) for one in (*advice, *_out_of_range(rows, points))],
    }


def _frames(exchange: Exchange) -> list[Json]:
    """The frames that the driver kept; else request and answer, whose moments nobody noted."""
    frames = exchange.frames or tuple(
        Frame(0, exchange.device, sent, data)
        for sent, data in ((True, exchange.request), (False, exchange.response))
        if data
    )
    return [
        {
            "time_ms": ms(one.time_ns) if one.time_ns else None,
            "sent": one.sent,
            "hex": one.data[:1024].hex(" "),
            "text": _text(one.data),
            "note": one.note,
        }
        for one in frames
    ]


def _text(data: bytes) -> str:
    """The bytes as text where they are one (a topic, a JSON message)."""
    text = data[:1024].decode("utf-8", "replace")
    return text if text.isprintable() and "\ufffd" not in text else ""


def _row(point: Point, reading: Reading | None) -> Json:
    value, quality = (None, None) if reading is None else normalise_one(point, reading.value, reading.quality)
    return {
        "point": point.name,
        "name": {"en": point.names.en, "zh": point.names.zh},
        "unit": point.unit,
        "raw": "" if reading is None else reading.raw,
        "raw_value": None if reading is None else _plain(reading.value),
        "value": _plain(value),
        "level": "none" if quality is None else quality.level.value,
        "reason": "" if quality is None else quality.reason,
        "low": point.low,
        "high": point.high,
    }


def _plain(value: object) -> object:
    """A value that JSON can hold: what is no number is none."""
    return None if isinstance(value, float) and not isfinite(value) else value


def _out_of_range(rows: Sequence[Json], points: Mapping[str, Point]) -> list[Advice]:
    odd = tuple(row["point"] for row in rows if row["reason"] == "range")
    if not odd:
        return []
    en = "Values lie outside of what the profile expects: another model, another order, or ratios of transformers."
    return [Advice("range", en, "数值超出设备模板的预期范围：可能是型号不符、字节顺序不同，或互感器变比问题。", odd)]


def _advice(one: Advice) -> Json:
    return {"code": one.code, "en": one.en, "zh": one.zh, "points": list(one.points), "suggestion": one.suggestion}
