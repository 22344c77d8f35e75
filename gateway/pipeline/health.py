"""What the gateway measures of itself, as batches of its pseudo device every ten seconds."""

import asyncio
import shutil
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.core.batch import Batch, Block
from gateway.core.clock import Clock
from gateway.core.device import Device
from gateway.core.point import Point, Value
from gateway.core.quality import Quality
from gateway.rulebook.health import INTERVAL_S

_MINUTE_S, _HOUR_S = 60.0, 3600.0


@dataclass(frozen=True, slots=True)
class Vitals:
    """The gateway's state at a moment, as the engine counts it."""

    waited_s: float | None  # how long the oldest sample that a sink has not got has been in the outbox
    outbox_bytes: int
    sinks_up: Mapping[str, bool]  # by name
    quarantined: int  # samples since the installation
    dropped: int
    silent: Mapping[str, tuple[int, int]]  # by connection: devices without answer, devices behind it
    channels_failing: int
    waiting: int = 0  # samples, for the sink that is farthest behind


class HealthWatch:
    """Makes the batches. Rates are of the time since the batch before."""

    def __init__(
        self,
        device: Device,
        points: tuple[Point, ...],
        folder: Path,
        clock: Clock,
        look: Callable[[], Vitals],
        accept: Callable[[Batch], object],
    ) -> None:
        self.block = Block(device, points, INTERVAL_S)
        self._folder = folder
        self._clock = clock
        self._look = look
        self._accept = accept
        self._before: tuple[float, Vitals] | None = None  # monotonic
        self._offsets = deque([self._offset_ns()], maxlen=round(_HOUR_S / INTERVAL_S))  # of the last hour
        self._lag_s = 0.0

    def _offset_ns(self) -> int:
        return self._clock.time_ns() - int(self._clock.monotonic() * 1e9)

    def change(self, points: tuple[Point, ...]) -> None:
        """Give these points from now on."""
        self.block = Block(self.block.device, points, INTERVAL_S)

    async def run(self) -> None:
        """Every ten seconds, until cancelled."""
        while True:
            due = self._clock.monotonic() + INTERVAL_S
            await self._clock.sleep(INTERVAL_S)
            self._lag_s = max(0.0, self._clock.monotonic() - due)
            self._accept(self.batch(await asyncio.to_thread(_free_bytes, self._folder)))

    def batch(self, free: tuple[int, int] | None) -> Batch:
        """One batch, as things are now; `free` are the disk's free and whole bytes."""
        vitals, now, time_ns = self._look(), self._clock.monotonic(), self._clock.time_ns()
        found = {**self._values(vitals, free), **self._rates(vitals, now)}
        found |= {f"sink_up_{name}": is_up for name, is_up in vitals.sinks_up.items()}
        for name, (silent, known) in vitals.silent.items():
            found[f"devices_silent_{name}"] = silent
            found[f"devices_silent_percent_{name}"] = silent / known * 100.0 if known else 0.0
        self._before = (now, vitals)
        self._offsets.append(self._offset_ns())
        values = tuple(found.get(point.name) for point in self.block.points)
        return Batch(self.block, values, time_ns, _quality(values))

    def _values(self, vitals: Vitals, free: tuple[int, int] | None) -> dict[str, Value | None]:
        return {
            "outbox_bytes": float(vitals.outbox_bytes),
            "waiting_samples": vitals.waiting,
            "outbox_age_s": vitals.waited_s or 0.0,
            "disk_free_bytes": None if free is None else float(free[0]),
            "disk_free_percent": None if free is None or not free[1] else free[0] / free[1] * 100.0,
            "sinks_failing": sum(not is_up for is_up in vitals.sinks_up.values()),
            "devices_silent": sum(silent for silent, _ in vitals.silent.values()),
            "channels_failing": vitals.channels_failing,
            "clock_offset_s": (self._offset_ns() - self._offsets[0]) / 1e9,
            "loop_lag_ms": self._lag_s * 1000.0,
        }

    def _rates(self, vitals: Vitals, now: float) -> dict[str, Value | None]:
        """Quarantined and dropped samples per minute since the last look."""
        then, before = self._before or (now, vitals)
        factor = _MINUTE_S / (now - then) if now > then else 0.0
        return {
            "quarantined_rate": max(0, vitals.quarantined - before.quarantined) * factor,
            "dropped_rate": max(0, vitals.dropped - before.dropped) * factor,
        }


def _quality(values: Sequence[Value | None]) -> tuple[Quality, ...] | None:
    if None not in values:
        return None
    return tuple(Quality.BAD_NOT_AVAILABLE if value is None else Quality.GOOD for value in values)


def _free_bytes(folder: Path) -> tuple[int, int] | None:
    """Free and whole size of the disk that holds the data; `None` where it does not say."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return usage.free, usage.total
