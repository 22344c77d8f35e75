"""What is not an electricity meter: boilers, stacks, compressors, water, cold rooms, tanks and machines.

Each is a pure function of time; `values(t)` gives every quantity at UTC seconds `t`, in the unit of the demo's
configuration (states and counts as whole numbers, flags as bools), NaN where the device has no value.
"""

import math
from dataclasses import dataclass

from drivers.simulator.electric import Values
from drivers.simulator.flow import Flow
from drivers.simulator.noise import stream, wobble

STOPPED, RUNNING, FAULT, SETUP = 0, 1, 2, 3
_RUNS_ABOVE = 0.3  # of the peak rate: below, a machine is idle


class Boiler:
    """A gas meter at a boiler: standard cubic metres, flow, gas temperature and pressure, steam pressure."""

    def __init__(self, name: str, seed: int, gas: Flow, start_nm3: float) -> None:
        self.gas = gas
        self._start_nm3 = start_nm3
        random = stream(seed, name, "boiler")
        self._drift, self._steam = wobble(random, 1.0, 1200.0), wobble(random, 0.25, 400.0)

    def values(self, t: float) -> Values:
        """Nm3, Nm3/h, deg C, kPa and bar."""
        return {
            **self.counters(t),
            "gas_flow": self.gas.rate(t),
            "gas_temperature": 16.0 + 2.5 * self._drift.at(t),
            "gas_pressure": 104.0 + 1.2 * self._drift.at(t),
            "steam_pressure": 7.2 + self._steam.at(t),
        }

    def counters(self, t: float) -> Values:
        """Nm3."""
        return {"gas_volume": self._start_nm3 + max(0.0, self.gas.total(t))}


class Stack:
    """The analyser in the stack of a gas boiler (NOx as NO2, dry, at the oxygen that it measures)."""

    _FLUE_GAS = 10.6  # Nm3 of dry flue gas per Nm3 of natural gas at 3 % O2, about

    def __init__(self, name: str, seed: int, gas: Flow, peak_nm3_h: float) -> None:
        self._gas = gas
        self._peak_nm3_h = peak_nm3_h
        random = stream(seed, name, "stack")
        self._air, self._burner = wobble(random, 0.5, 240.0), wobble(random, 3.0, 150.0)

    def values(self, t: float) -> Values:
        """Volume per cent, mg/m3, deg C and Nm3/h. More load: less excess air, hotter, more NOx."""
        load = min(1.0, self._gas.rate(t) / self._peak_nm3_h)
        oxygen = 6.2 - 2.4 * load + self._air.at(t)
        return {
            "o2": oxygen,
            "co2": 11.8 * (20.9 - oxygen) / 20.9,  # 11.8 %: natural gas without excess air
            "nox": 26.0 + 16.0 * load + self._burner.at(t),
            "flue_flow": self._FLUE_GAS * self._gas.rate(t) * (20.9 - 3.0) / (20.9 - oxygen),
            "flue_temperature": 84.0 + 42.0 * load + 3 * self._air.at(t),
        }


class Compressor:
    """An air compressor whose load follows its feeder."""

    def __init__(self, name: str, seed: int, power: Flow, rated_kw: float, start_hours: float) -> None:
        self._power = power
        self._rated_kw = rated_kw
        self._start_hours = start_hours
        random = stream(seed, name, "compressor")
        self._pressure, self._heat = wobble(random, 0.35, 75.0), wobble(random, 2.0, 500.0)

    def values(self, t: float) -> Values:
        """bar, deg C, %, hours, state and whether it runs."""
        load = max(0.0, min(1.0, self._power.rate(t) / self._rated_kw))
        is_running = load > 0.05
        return {
            "pressure": 7.1 + self._pressure.at(t) if is_running else 6.2 + 0.3 * self._pressure.at(t),
            "discharge_temperature": 58.0 + 24.0 * load + self._heat.at(t),
            "load": 100.0 * load,
            **self.counters(t),
            "state": RUNNING if is_running else STOPPED,
            "running": is_running,
        }

    def counters(self, t: float) -> Values:
        """Hours."""
        return {"running_hours": self._start_hours + max(0.0, self._power.total(t)) / (0.8 * self._rated_kw)}


class WaterMeter:
    """A water meter with a pulse register in litres."""

    def __init__(self, water: Flow, start_m3: float) -> None:
        self._water = water
        self._start_m3 = start_m3

    def values(self, t: float) -> Values:
        """m3 and m3/h."""
        return {**self.counters(t), "flow": self._water.rate(t)}

    def counters(self, t: float) -> Values:
        """m3."""
        return {"volume": self._start_m3 + max(0.0, self._water.total(t))}


@dataclass(frozen=True, slots=True)
class ColdRoomSpec:
    """One cold room."""

    setpoint_c: float
    band_k: float = 1.4  # the compressor starts this far above the set point
    cycle_s: float = 960.0
    duty: float = 0.55  # fraction of the cycle in which the compressor runs
    door_every_s: float = 1500.0  # at most one opening in each such time
    door_rise_k: float = 0.9  # what one minute of open door adds


class ColdRoom:
    """A cold room: the air falls while its compressor runs, rises otherwise, and jumps when the door stands open."""

    _COOL_DOWN_S = 420.0

    def __init__(self, name: str, seed: int, spec: ColdRoomSpec) -> None:
        self._name, self._seed, self._spec = name, seed, spec
        random = stream(seed, name, "cold room")
        self._offset_s = random.uniform(0.0, spec.cycle_s)
        self._sensor = wobble(random, 0.06, 90.0)

    def values(self, t: float) -> Values:
        """deg C; 1 while the compressor runs; 1 while the door stands open."""
        spec = self._spec
        phase = ((t + self._offset_s) % spec.cycle_s) / spec.cycle_s
        is_cooling = phase < spec.duty
        warm = 1.0 - phase / spec.duty if is_cooling else (phase - spec.duty) / (1.0 - spec.duty)
        slot = int(t // spec.door_every_s)
        openings = [self._door(slot - back) for back in range(2)]
        door_k = sum(self._rise(opening, t) for opening in openings)
        return {
            "temperature_air": spec.setpoint_c + spec.band_k * warm + door_k + self._sensor.at(t),
            "temperature_setpoint": spec.setpoint_c,
            "compressor": is_cooling,
            "door": any(start <= t < end for start, end in openings),
        }

    def _door(self, slot: int) -> tuple[float, float]:
        """From when to when the door stands open in this slot; an empty time where it stays shut."""
        random = stream(self._seed, self._name, "door", slot)
        start = (slot + random.uniform(0.0, 0.8)) * self._spec.door_every_s
        return start, start + (random.uniform(15.0, 150.0) if random.random() < 0.6 else 0.0)

    def _rise(self, opening: tuple[float, float], t: float) -> float:
        """Kelvin that are left at `t` of what this opening brought in."""
        start, end = opening
        if t < start:
            return 0.0
        warmed = self._spec.door_rise_k * (min(t, end) - start) / 60.0
        return warmed * math.exp(-max(0.0, t - end) / self._COOL_DOWN_S)


class Tank:
    """A diesel tank: falls with what is drawn, is refilled from a lorry when it is low."""

    _CAPACITY_L, _LOW_L, _FULL_L = 12_000.0, 1_900.0, 11_300.0
    _REFILL_DRAWN_L = 6.0  # while the lorry pumps, this much is drawn

    def __init__(self, name: str, seed: int, drawn: Flow) -> None:
        self._drawn = drawn
        random = stream(seed, name, "tank")
        self._start_l = random.uniform(0.0, self._FULL_L - self._LOW_L)
        self._soil = wobble(random, 1.5, 5400.0)

    def values(self, t: float) -> Values:
        """litres, % of the capacity, deg C."""
        span = self._FULL_L - self._LOW_L
        gone = (self._start_l + max(0.0, self._drawn.total(t))) % span
        if gone < self._REFILL_DRAWN_L:
            volume = self._LOW_L + span * gone / self._REFILL_DRAWN_L
        else:
            volume = self._FULL_L - span * (gone - self._REFILL_DRAWN_L) / (span - self._REFILL_DRAWN_L)
        return {"volume": volume, "level": 100.0 * volume / self._CAPACITY_L, "temperature": 17.0 + self._soil.at(t)}


class Machine:
    """A machine that makes pieces: its state follows from whether pieces come."""

    def __init__(self, name: str, seed: int, pieces: Flow, peak_per_hour: float, start: float) -> None:
        self._name, self._seed = name, seed
        self._pieces = pieces
        self._peak = peak_per_hour
        self._start = start

    def values(self, t: float) -> Values:
        """State, pieces (whole ones), seconds a piece (NaN while it stands)."""
        per_hour = self._pieces.rate(t)
        is_running = per_hour > _RUNS_ABOVE * self._peak
        return {
            "state": RUNNING if is_running else self._why(t),
            **self.counters(t),
            "cycle_time": 3600.0 / per_hour if is_running else math.nan,
        }

    def counters(self, t: float) -> Values:
        """Whole pieces."""
        return {"pieces": math.floor(self._start + max(0.0, self._pieces.total(t)))}

    def _why(self, t: float) -> int:
        """Why it stands, the same for ten minutes: mostly no work, sometimes setting up, sometimes a fault."""
        return stream(self._seed, self._name, "stop", int(t // 600)).choice((STOPPED, STOPPED, SETUP, FAULT))
