"""What an electricity meter shows for a given power: voltages, currents, reactive power, power factor, harmonics."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from drivers.simulator.flow import Flow
from drivers.simulator.noise import Wobble, stream, wobble

Values = dict[str, float]
_FREQUENCY = wobble(stream(0, "frequency"), 0.03, 180.0)  # one grid: the same for every meter and seed


def frequency_hz(t: float) -> float:
    """Grid frequency in Hz at UTC seconds `t`."""
    return 50.0 + _FREQUENCY.at(t)


@dataclass(frozen=True, slots=True)
class Feeder:
    """The electrical character of one metered feeder."""

    voltage_v: float = 230.0  # phase to neutral, nominal
    power_factor: float = 0.93
    phase_shares: tuple[float, float, float] = (0.34, 0.332, 0.328)  # of the power; sum 1
    thd_percent: float = 4.0  # of the current


class Meter:
    """A meter on a flow: every value at one instant, consistent with each other."""

    def __init__(self, name: str, seed: int, flow: Flow, feeder: Feeder, start_kwh: float = 0.0) -> None:
        self.flow = flow
        self._feeder = feeder
        self._start_kwh = start_kwh  # what the meter had counted when the park's counters started
        random = stream(seed, name, "meter")
        self._sag = [wobble(random, 0.008, 420.0) for _ in range(3)]
        self._lag: Wobble = wobble(random, 0.015, 300.0)

    def values(self, t: float) -> Values:
        """kW, kvar, power factor, V, A, Hz, kWh, % at UTC seconds `t`."""
        power_kw = self.flow.rate(t)
        factor = min(0.999, self._feeder.power_factor + self._lag.at(t))
        volts = [self._feeder.voltage_v * (1.0 + sag.at(t)) for sag in self._sag]
        return {
            "power_active": power_kw,
            "power_reactive": power_kw * math.tan(math.acos(factor)),
            "power_factor": factor,
            "frequency": frequency_hz(t),
            **self.counters(t),
            "thd_current_l1": max(0.0, self._feeder.thd_percent * (1.0 + 12 * self._lag.at(t))),
            "temperature_cabinet": 28.0 + 200 * self._lag.at(t),
            **_phases(volts, self._feeder.phase_shares, power_kw / factor),
        }

    def counters(self, t: float) -> Values:
        """kWh at UTC seconds `t`."""
        return {"energy_import": self._start_kwh + max(0.0, self.flow.total(t)), "energy_export": 0.0}


def _phases(volts: Sequence[float], shares: Sequence[float], apparent_kva: float) -> Values:
    values: Values = {}
    for phase, (volt, share) in enumerate(zip(volts, shares, strict=True), start=1):
        values[f"voltage_l{phase}"] = volt
        values[f"current_l{phase}"] = 1000.0 * apparent_kva * share / volt
    return values


class Inverter:
    """A PV inverter: AC side as a meter, direct current side as long as the sun shines."""

    def __init__(self, name: str, seed: int, flow: Flow, rated_kw: float, start_kwh: float) -> None:
        self._ac = Meter(name, seed, flow, Feeder(power_factor=0.99, thd_percent=1.8), start_kwh)
        self._rated_kw = rated_kw
        self._drift = wobble(stream(seed, name, "inverter"), 1.5, 900.0)

    def values(self, t: float) -> Values:
        """kW positive when it generates; NaN where the inverter has no value (no direct voltage at night)."""
        ac = self._ac.values(t)
        power_kw = ac["power_active"]
        is_day = power_kw > 0.0005 * self._rated_kw
        return {
            **{name: ac[name] for name in ac if name.startswith(("voltage", "current", "frequency", "power"))},
            **self.counters(t),
            "voltage_dc": 640.0 + 12 * self._drift.at(t) if is_day else math.nan,
            "power_dc": power_kw / 0.982 if is_day else 0.0,
            "temperature_inside": 24.0 + 26.0 * power_kw / self._rated_kw + self._drift.at(t),
            "state": 2 if is_day else 1,
        }

    def counters(self, t: float) -> Values:
        """kWh at UTC seconds `t`: as for every meter the integral of its active power."""
        return {"energy_import": self._ac.counters(t)["energy_import"]}
