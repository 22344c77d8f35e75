"""What the park draws: feeders and the rest of each enterprise in kW, gas in Nm3/h, water in m3/h, diesel in L/h."""

from drivers.simulator.flow import Load
from drivers.simulator.shapes import (
    COLD,
    CONTINUOUS,
    DAY_SHIFT,
    EARLY,
    MACHINE_ALWAYS,
    MACHINE_SHIFTS,
    NIGHT_MELT,
    OFFICES,
    PARCELS,
    SOLAR,
    STEADY,
    TWO_SHIFTS,
    Shape,
)

RATED_KW = 6000.0  # both transformers as they are loaded here; scales the losses
GRID_SHARES = (0.53, 0.47)  # the bus coupler is closed: the incomers share the load


def _batches(name: str, peak: float, shape: Shape, *cycle: float) -> Load:
    """A load that works in batches: minutes of a cycle, fraction of it at full level, level in between."""
    minutes, duty, rest = cycle
    return Load(name, peak, shape, cycle_minutes=minutes, duty=duty, rest=rest)


# Per enterprise: metered feeders (the load's name is the sub-meter's device id), then the rest that nobody meters.
ENTERPRISE_LOADS: dict[str, tuple[Load, ...]] = {
    "dongyue": (
        Load("dongyue-stenter-1", 241, CONTINUOUS),
        Load("dongyue-stenter-2", 241, CONTINUOUS),
        _batches("dongyue-jet-a", 221, CONTINUOUS, 64, 0.7, 0.35),
        _batches("dongyue-jet-b", 210, CONTINUOUS, 71, 0.7, 0.35),
        _batches("dongyue-compressors", 276, CONTINUOUS, 9, 0.75, 0.6),
        Load("dongyue-rest", 244, CONTINUOUS),
    ),
    "jinbo": (
        _batches("jinbo-furnace-1", 442, NIGHT_MELT, 52, 0.72, 0.3),
        _batches("jinbo-furnace-2", 414, NIGHT_MELT, 57, 0.72, 0.3),
        Load("jinbo-sand", 175, TWO_SHIFTS),
        Load("jinbo-rest", 304, TWO_SHIFTS),
    ),
    "ruihe": (
        Load("ruihe-moulding", 478, CONTINUOUS, noise=0.05),
        _batches("ruihe-chillers", 175, CONTINUOUS, 18, 0.7, 0.5),
        Load("ruihe-rest", 134, TWO_SHIFTS),
    ),
    "lantian": (
        _batches("lantian-refrigeration-1", 285, COLD, 16, 0.62, 0.6),
        _batches("lantian-refrigeration-2", 230, COLD, 21, 0.62, 0.6),
        Load("lantian-rest", 138, PARCELS),
    ),
    "xinchen": (
        Load("xinchen-smt", 244, CONTINUOUS),
        Load("xinchen-hvac", 207, CONTINUOUS),
        Load("xinchen-rest", 110, DAY_SHIFT),
    ),
    "antu": (
        Load("antu-welding", 179, TWO_SHIFTS, noise=0.08, jitter=0.12),
        Load("antu-press", 133, TWO_SHIFTS, noise=0.06, jitter=0.15),
        Load("antu-rest", 175, TWO_SHIFTS),
    ),
    "mingde": (Load("mingde-cleanroom", 244, STEADY), Load("mingde-rest", 175, CONTINUOUS)),
    "qingyuan": (_batches("qingyuan-cooking", 152, EARLY, 40, 0.75, 0.5), Load("qingyuan-rest", 147, EARLY)),
    "huali": (
        Load("huali-printing", 138, TWO_SHIFTS),
        Load("huali-drying", 59, TWO_SHIFTS),
        Load("huali-rest", 92, DAY_SHIFT),
    ),
    "weike": (Load("weike-grinding", 88, DAY_SHIFT, noise=0.06, jitter=0.1), Load("weike-rest", 70, DAY_SHIFT)),
    "baishan": (Load("baishan-rest", 118, DAY_SHIFT, noise=0.05),),
    "tongda": (
        _batches("tongda-chargers", 66, PARCELS, 80, 0.65, 0.25),
        Load("tongda-rest", 37, PARCELS),
    ),
}
COMMON = Load("park-common", 92, OFFICES)
PV = (
    Load("park-pv1", 720, SOLAR, noise=0.06, spread=0.25, jitter=0.01),  # 1,000 kWp
    Load("park-pv2", 570, SOLAR, noise=0.06, spread=0.25, jitter=0.01),  # 800 kWp
)
GAS = {
    "dongyue-boiler": Load("dongyue-boiler", 420, CONTINUOUS),
    "antu-oven": Load("antu-oven", 62, TWO_SHIFTS),
    "mingde-boiler": Load("mingde-boiler", 90, CONTINUOUS),
    "qingyuan-boiler": Load("qingyuan-boiler", 115, EARLY),
}
WATER = {
    "dongyue-water": Load("dongyue-water", 92, CONTINUOUS, noise=0.08, jitter=0.05),
    "mingde-water": Load("mingde-water", 14, CONTINUOUS, noise=0.08, jitter=0.05),
    "qingyuan-water": Load("qingyuan-water", 23, EARLY, noise=0.08, jitter=0.05),
}
DIESEL = {"tongda-diesel": Load("tongda-diesel", 46, PARCELS, noise=0.1)}


def _machine(name: str, per_hour: float, shape: Shape, minutes: float) -> Load:
    return Load(name, per_hour, shape, noise=0.02, spread=0.03, jitter=0.0, cycle_minutes=minutes, duty=0.86, rest=0.0)


PIECES = {
    load.name: load
    for load in (
        _machine("jinbo-moulder-1", 95, MACHINE_SHIFTS, 190),
        _machine("ruihe-press-1", 160, MACHINE_ALWAYS, 240),
        _machine("ruihe-press-2", 144, MACHINE_ALWAYS, 310),
        _machine("ruihe-press-3", 210, MACHINE_ALWAYS, 150),
        _machine("xinchen-line-1", 320, MACHINE_ALWAYS, 210),
        _machine("antu-robot-1", 75, MACHINE_SHIFTS, 130),
        _machine("weike-grinder-1", 38, MACHINE_SHIFTS, 165),
        _machine("huali-printer-1", 2400, MACHINE_SHIFTS, 115),
    )
}
