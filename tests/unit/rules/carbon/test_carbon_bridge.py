"""Bridges: only what is stated is crossed, in both directions, the shortest way."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from rules.carbon.bridge import Bridge, heating, way
from rules.carbon.description import Stated
from rules.carbon.units import UNITS, Dimension


def bridge(of: Dimension, to: Dimension, ratio: int) -> Bridge:
    return Bridge("x", of, to, Fraction(ratio), f"{ratio}", None)


NCV = heating(Stated(Fraction("42.652"), "42.652 GJ(net)/t", "lab", UNITS["GJ(net)"], UNITS["t"]))
DENSITY = heating(Stated(Fraction(840), "840 kg/m3", "note", UNITS["kg"], UNITS["m3"]), "density")


def test_a_heating_value_is_per_base_unit() -> None:
    assert (NCV.of, NCV.to, NCV.ratio) == (Dimension.MASS, Dimension.ENERGY_NET, Fraction("42.652"))  # MJ/kg
    assert (DENSITY.of, DENSITY.to, DENSITY.ratio) == (Dimension.VOLUME, Dimension.MASS, 840)


def test_two_bridges_are_crossed_one_after_the_other() -> None:
    assert way([NCV, DENSITY], Dimension.VOLUME, Dimension.ENERGY_NET) == [DENSITY, NCV]
    back = way([NCV, DENSITY], Dimension.ENERGY_NET, Dimension.VOLUME)
    assert back is not None
    assert [one.ratio for one in back] == [1 / NCV.ratio, 1 / DENSITY.ratio]


def test_nothing_is_crossed_that_is_not_stated() -> None:
    assert way([NCV], Dimension.VOLUME, Dimension.ENERGY_NET) is None
    assert way([NCV], Dimension.MASS, Dimension.ENERGY_GROSS) is None
    assert way([], Dimension.MASS, Dimension.MASS) == []


DIMENSIONS = st.sampled_from(list(Dimension))


@given(st.lists(st.builds(bridge, DIMENSIONS, DIMENSIONS, st.integers(1, 9)), max_size=12), DIMENSIONS, DIMENSIONS)
def test_a_way_joins_its_ends_and_never_visits_a_place_twice(
    bridges: list[Bridge], start: Dimension, goal: Dimension
) -> None:
    path = way(bridges, start, goal)
    back = way(bridges, goal, start)
    assert (path is None) == (back is None)
    if path is None or back is None:
        return
    assert len(path) == len(back)
    at, visited = start, [start]
    for step in path:
        assert step.of is at
        at = step.to
        visited.append(at)
    assert at is goal
    assert len(set(visited)) == len(visited)
