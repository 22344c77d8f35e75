"""How the simulated park misbehaves: by default a little, on request more.

    silent     requests are swallowed; an MQTT device publishes nothing
    path       the line's gateway answers exception 0x0B after its own time-out
    late       the answer comes 1.4 s late, in the middle of later exchanges
    hole       exception 2 for the named points (none named: for every address)
    busy       exception 6
    nan        NaN (or the sentinel) in the named points (none named: in all)
    reset      counters start again from 0 (no points named: all counters)
    cut        half an answer, then the connection closes
    wrong_tid  the answer carries another transaction id
    malformed  the MQTT payload ends in the middle

By default:

    huali-drying         silent, always
    tongda-chargers      silent, 90 s in every 15 min
    weike-grinding       path, always
    mingde-cleanroom     late, 3 s in every 150 s
    dongyue-stenter-2    hole at temperature_cabinet, always
    dongyue-stack        nan in co2 and nox, 60 s in every 10 min (it calibrates itself)
    antu-press           reset of energy_import, once in every day of the park
    weike-grinder-1      malformed, 10 s in every 180 s

When a recurring fault happens within its period depends on the seed, the device and the number of the period: the same
seed and the same time give the same faults. Communication follows real time, `reset` follows the park's time.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from drivers.simulator.clock import Clock
from drivers.simulator.noise import stream

COUNTERS = ("energy_import", "energy_export", "gas_volume", "volume", "running_hours", "pieces")


class FaultName(StrEnum):
    """What can go wrong; see the table above."""

    SILENT = "silent"
    PATH = "path"
    LATE = "late"
    HOLE = "hole"
    BUSY = "busy"
    NAN = "nan"
    RESET = "reset"
    CUT = "cut"
    WRONG_TID = "wrong_tid"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one device: always, or for `duration_s` somewhere in every `period_s`."""

    name: FaultName
    device: str
    points: tuple[str, ...] = ()
    period_s: float = 0.0  # 0: always
    duration_s: float = 0.0
    since_s: float = 0.0  # when it was switched on; only `reset` looks at it

    def begins(self, seed: int, period: int) -> float:
        """When it begins in this period, in UTC seconds."""
        random = stream(seed, "fault", self.name, self.device, period)
        return period * self.period_s + random.uniform(0.0, self.period_s - self.duration_s)

    def is_active(self, seed: int, t: float) -> bool:
        """True while it lasts."""
        if not self.period_s:
            return True
        begin = self.begins(seed, int(t // self.period_s))
        return begin <= t < begin + self.duration_s

    def last_began(self, seed: int, t: float) -> float:
        """When it last began before `t`."""
        if not self.period_s:
            return self.since_s
        period = int(t // self.period_s)
        begin = self.begins(seed, period)
        return begin if begin <= t else self.begins(seed, period - 1)


DEFAULTS = (
    Fault(FaultName.SILENT, "huali-drying"),
    Fault(FaultName.SILENT, "tongda-chargers", period_s=900.0, duration_s=90.0),
    Fault(FaultName.PATH, "weike-grinding"),
    Fault(FaultName.LATE, "mingde-cleanroom", period_s=150.0, duration_s=3.0),
    Fault(FaultName.HOLE, "dongyue-stenter-2", ("temperature_cabinet",)),
    Fault(FaultName.NAN, "dongyue-stack", ("co2", "nox"), period_s=600.0, duration_s=60.0),
    Fault(FaultName.RESET, "antu-press", ("energy_import",), period_s=86_400.0),
    Fault(FaultName.MALFORMED, "weike-grinder-1", period_s=180.0, duration_s=10.0),
)


def parse_fault(text: str) -> Fault:
    """Read `silent:dongyue-main` or `nan:dongyue-stack:co2,nox`. Raises ValueError that names what is known."""
    name, _, rest = text.partition(":")
    device, _, points = rest.partition(":")
    if name not in list(FaultName) or not device:
        raise ValueError(
            f"fault `{text}`: expected NAME:DEVICE or NAME:DEVICE:POINT,POINT with NAME one of {', '.join(FaultName)}"
        )
    return Fault(FaultName(name), device, tuple(filter(None, points.split(","))))


class FaultBook:
    """The faults that are switched on, by device."""

    def __init__(self, seed: int, clock: Clock, faults: Iterable[Fault] = ()) -> None:
        self._seed = seed
        self._clock = clock
        self._faults: dict[str, list[Fault]] = {}
        for fault in faults:
            self.switch_on(fault)

    def switch_on(self, fault: Fault) -> None:
        """From now on, in place of the same fault of that device."""
        self.switch_off(fault.name, fault.device)
        self._faults.setdefault(fault.device, []).append(replace(fault, since_s=self._clock.park()))

    def switch_off(self, name: FaultName, device: str) -> bool:
        """The device behaves again; False where it did not have this fault."""
        before = self._faults.get(device, [])
        self._faults[device] = [one for one in before if one.name != name]
        return len(self._faults[device]) < len(before)

    def listed(self) -> list[Fault]:
        """Every fault that is switched on, whether or not it lasts at this moment."""
        return [fault for faults in self._faults.values() for fault in faults]

    def active(self, device: str, name: FaultName) -> Fault | None:
        """The fault of this name that the device has right now."""
        for fault in self._faults.get(device, ()):
            if fault.name == name and fault.is_active(self._seed, self._clock.wall()):
                return fault
        return None

    def reset_at(self, device: str) -> tuple[Fault, float] | None:
        """The reset of the device's counters and when, in park time, it last happened."""
        for fault in self._faults.get(device, ()):
            if fault.name == FaultName.RESET:
                return fault, fault.last_began(self._seed, self._clock.park())
        return None
