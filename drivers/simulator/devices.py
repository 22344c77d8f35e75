"""What a device shows at this moment: the values of its plant, bent by its faults."""

import math

from drivers.simulator.clock import Clock
from drivers.simulator.electric import Values
from drivers.simulator.faults import COUNTERS, FaultBook, FaultName
from drivers.simulator.park import Plant


class Shown:
    """The values that devices show, faults included."""

    def __init__(self, clock: Clock, faults: FaultBook) -> None:
        self._clock = clock
        self._faults = faults

    def values(self, device: str, plant: Plant) -> Values:
        """Every quantity of the device now, in the point's unit."""
        t = self._clock.park()
        values = plant.values(t)
        self._reset(device, plant, values)
        nan = self._faults.active(device, FaultName.NAN)
        if nan is not None:
            values.update(dict.fromkeys(nan.points or values, math.nan))
        return values

    def _reset(self, device: str, plant: Plant, values: Values) -> None:
        found = self._faults.reset_at(device)
        if found is None:
            return
        fault, began = found
        before = plant.values(began)
        for point in fault.points or COUNTERS:
            if point in values:
                values[point] -= before[point]
