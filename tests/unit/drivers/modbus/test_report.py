"""What is said of a unit: a warning when it is gone, no warning when it is back."""

import logging
from collections import Counter

import pytest

from drivers.modbus.report import Report
from drivers.modbus.unit import Unit
from gateway.core.clock import SystemClock
from gateway.core.quality import Quality
from tests.contract.source_suite import FakeIntake


def test_a_unit_that_is_back_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="drivers.modbus.report")
    counts = Counter({"late_answers": 0})
    report = Report("line", "10.0.0.1:502", intake=FakeIntake(), clock=SystemClock(), counts=counts)
    unit = Unit(7)
    report.unit_down(unit, Quality.BAD_TIMEOUT, "no answer", [])
    report.unit_up(unit)
    assert [(record.levelno, record.getMessage().split()[0]) for record in caplog.records] == [
        (logging.WARNING, "unit_down"),
        (logging.INFO, "unit_up"),
    ]
