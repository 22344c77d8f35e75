"""Exported samples of counters as exact readings."""

import csv
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from gateway.core.quality import Quality
from rules.energy.reading import Reading

_NS = 1_000_000_000
_AGELESS = Quality.UNCERTAIN_RETAINED.name.lower()  # of no known time: it can decide nothing


def read_samples(path: Path) -> dict[str, tuple[list[Reading], int]]:
    """By tag: the readings of an export as CSV, each as its text says, and how many samples say nothing."""
    found: dict[str, tuple[list[Reading], int]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            readings, ignored = found.get(line["tag"], ([], 0))
            reading = _reading(line)
            if reading is not None:
                readings.append(reading)
            found[line["tag"]] = readings, ignored + (reading is None)
    return found


def _reading(line: dict[str, str]) -> Reading | None:
    quality = line["quality"]
    if quality.startswith("bad") or quality == _AGELESS:
        return None
    try:
        return Reading(_time_ns(line["time"]), Decimal(line["value"]), quality.startswith("uncertain"))
    except (InvalidOperation, ValueError):
        return None  # a text, or no finite number: not what a counter says


def _time_ns(text: str) -> int:
    seconds, _, rest = text.removesuffix("Z").partition(".")
    return int(datetime.fromisoformat(f"{seconds}+00:00").timestamp()) * _NS + int(rest.ljust(9, "0")[:9] or 0)
