"""Days of readings at the boundaries: the same as from the machine."""

from decimal import Decimal
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.energy.account import quantities
from rules.energy.day import pack
from rules.energy.even import even_day
from rules.energy.grid import Grid, Span
from rules.energy.reading import Reading
from rules.energy.recut import Terms
from rules.energy.spec import MeterSpec

_STEP_NS = 900 * 10**9
_START_NS = 1_793_376_000 * 10**9  # a midnight of Shanghai
_GRID = Grid(ZoneInfo("Asia/Shanghai"), 900)


@given(
    st.lists(st.integers(0, 10**6), min_size=97, max_size=97), st.integers(0, 6), st.sampled_from(["1", "60", "0.3"])
)
def test_a_day_read_at_the_boundaries_has_the_bytes_that_the_machine_gives(
    steps: list[int], places: int, multiplier: str
) -> None:
    spec = MeterSpec("m.energy_import", multipliers=((0, Decimal(multiplier)),), gap_ns=_STEP_NS)
    values = [Decimal(number).scaleb(-places) for number in accumulate(steps)]
    earlier = Reading(_START_NS - _STEP_NS, values[0])
    readings = [Reading(_START_NS + place * _STEP_NS, value) for place, value in enumerate(values)]
    found = quantities(spec, _GRID, [earlier, *readings], Span(_START_NS, _START_NS + 96 * _STEP_NS))
    assert even_day(Terms.of(spec), _START_NS, _STEP_NS, values) == pack([_final(one) for one in found], [spec.digest])


def _final(one):  # type: ignore[no-untyped-def]
    from dataclasses import replace

    return replace(one, is_provisional=False)


def test_a_register_that_falls_needs_the_machine() -> None:
    values = [Decimal(5), Decimal(4), *[Decimal(6)] * 95]
    with pytest.raises(ValueError, match="falls"):
        even_day(Terms.of(MeterSpec("m")), _START_NS, _STEP_NS, values)
    changed = MeterSpec("m", multipliers=((0, Decimal(1)), (_START_NS + 5, Decimal(2))))
    with pytest.raises(ValueError, match="multiplier"):
        even_day(Terms.of(changed), _START_NS, _STEP_NS, sorted(values))
