"""Faults: the same seed and time give the same ones, and they do to values what they say."""

import math

import pytest

from drivers.simulator.control import Control
from drivers.simulator.devices import Shown
from drivers.simulator.faults import DEFAULTS, Fault, FaultBook, FaultName, parse_fault
from drivers.simulator.park import Park

CHARGERS = next(fault for fault in DEFAULTS if fault.device == "tongda-chargers")


def test_a_recurring_fault_happens_once_in_every_period_for_its_duration() -> None:
    for period in range(50):
        seconds = range(period * 900, (period + 1) * 900)
        active = [second for second in seconds if CHARGERS.is_active(7, second)]
        assert len(active) in (90, 91)
        assert active[-1] - active[0] == len(active) - 1


def test_the_seed_decides_when() -> None:
    assert CHARGERS.begins(7, 5) == CHARGERS.begins(7, 5)
    assert CHARGERS.begins(7, 5) != CHARGERS.begins(8, 5)
    assert CHARGERS.begins(7, 5) - 5 * 900 != CHARGERS.begins(7, 6) - 6 * 900


def test_default_faults_name_devices_and_points_that_exist(park: Park, clock) -> None:  # type: ignore[no-untyped-def]
    for fault in DEFAULTS:
        assert set(fault.points) <= set(park.plants[fault.device].values(clock.park()))


def test_a_fault_is_switched_on_replaced_and_off(clock) -> None:  # type: ignore[no-untyped-def]
    book = FaultBook(7, clock)
    book.switch_on(Fault(FaultName.NAN, "dongyue-stack", ("co2",)))
    book.switch_on(Fault(FaultName.NAN, "dongyue-stack", ("nox",)))
    found = book.active("dongyue-stack", FaultName.NAN)
    assert found is not None
    assert found.points == ("nox",)
    assert book.switch_off(FaultName.NAN, "dongyue-stack")
    assert book.active("dongyue-stack", FaultName.NAN) is None
    assert not book.switch_off(FaultName.NAN, "dongyue-stack")


def test_nan_takes_the_named_points_only(park: Park, clock) -> None:  # type: ignore[no-untyped-def]
    shown = Shown(clock, FaultBook(7, clock, [Fault(FaultName.NAN, "dongyue-stack", ("co2", "nox"))]))
    values = shown.values("dongyue-stack", park.plants["dongyue-stack"])
    assert {name for name, value in values.items() if math.isnan(value)} == {"co2", "nox"}


def test_a_reset_counter_starts_again_from_nothing(park: Park, clock) -> None:  # type: ignore[no-untyped-def]
    plant = park.plants["antu-press"]
    book = FaultBook(7, clock)
    shown = Shown(clock, book)
    before = shown.values("antu-press", plant)["energy_import"]
    book.switch_on(Fault(FaultName.RESET, "antu-press"))
    assert shown.values("antu-press", plant)["energy_import"] == 0.0
    clock.park_s += 3600.0
    assert shown.values("antu-press", plant)["energy_import"] == pytest.approx(
        plant.values(clock.park())["energy_import"] - before
    )


def test_the_daily_reset_happens_once_a_day(park: Park, clock) -> None:  # type: ignore[no-untyped-def]
    shown = Shown(clock, FaultBook(7, clock, DEFAULTS))
    falls, last = 0, math.inf
    for _ in range(3 * 96):
        now = shown.values("antu-press", park.plants["antu-press"])["energy_import"]
        falls += now < last
        last = now
        clock.park_s += 900.0
    assert falls - 1 == 3  # the first one is the first look


def test_faults_are_read_from_the_command_line() -> None:
    assert parse_fault("silent:dongyue-main") == Fault(FaultName.SILENT, "dongyue-main")
    assert parse_fault("nan:dongyue-stack:co2,nox").points == ("co2", "nox")
    for text in ("explode:dongyue-main", "silent", "silent:"):
        with pytest.raises(ValueError, match="expected NAME:DEVICE"):
            parse_fault(text)


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[" * 4000,
        b"[]",
        b'{"fault": "explode", "device": "a"}',
        b'{"fault": "silent", "device": "b"}',
        b'{"device": "a"}',
    ],
)
def test_an_order_that_makes_no_sense_changes_nothing(clock, line: bytes) -> None:  # type: ignore[no-untyped-def]
    book = FaultBook(7, clock)
    answer = Control(book, frozenset({"a"})).answer(line)
    assert not book.listed()
    assert answer["ok"] is (line == b"[]")


def test_an_order_switches_a_fault_on_and_off(clock) -> None:  # type: ignore[no-untyped-def]
    control = Control(FaultBook(7, clock), frozenset({"a"}))
    assert control.answer(b'{"fault": "silent", "device": "a"}') == {"ok": True, "faults": ["silent:a"]}
    assert control.answer(b'{"fault": "silent", "device": "a", "on": false}') == {"ok": True, "faults": []}
