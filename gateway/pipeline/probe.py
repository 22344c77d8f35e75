"""One exchange with a device as people and programs read it: raw bytes, registers, the value after scaling."""

from collections.abc import Mapping
from typing import Any

from gateway.core.point import Point
from gateway.core.ports import Exchange, Reading
from gateway.pipeline.normalise import normalise_one


def exchange_json(exchange: Exchange, points: Mapping[str, Point]) -> dict[str, Any]:
    """An exchange as the API and `park-gateway read --json` show it; `points` are the device's, by name."""
    return {
        "device": exchange.device,
        "request": exchange.request.hex(" "),
        "response": exchange.response.hex(" "),
        "elapsed_ms": round(exchange.elapsed_s * 1000, 3),
        "error": exchange.error,
        "readings": [_reading_json(reading, points[reading.point]) for reading in exchange.readings],
    }


def _reading_json(reading: Reading, point: Point) -> dict[str, Any]:
    value, quality = normalise_one(point, reading.value, reading.quality)
    return {
        "point": reading.point,
        "raw": reading.raw,
        "value": value,
        "unit": point.unit,
        "level": quality.level.value,
        "reason": quality.reason,
    }
