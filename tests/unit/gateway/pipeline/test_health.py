"""The gateway's own pseudo device."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.core.batch import Batch
from gateway.core.device import Site
from gateway.core.quality import Quality
from gateway.pipeline.health import HealthWatch, Vitals
from gateway.rulebook.health import gateway_device, health_points

CALM = Vitals(None, 1000, {"influx": True}, 10, 100, {"line-1": (0, 4)}, 0)
POINTS = health_points(
    SimpleNamespace(sinks=[SimpleNamespace(name="influx")], connections=[SimpleNamespace(name="line-1")])  # type: ignore[arg-type]
)


def watch(clock: Any, vitals: list[Vitals]) -> HealthWatch:
    device = gateway_device(Site("park"))
    return HealthWatch(device, POINTS, Path("/"), clock, lambda: vitals[-1], lambda batch: None)


def named(batch: Batch) -> dict[str, object]:
    return dict(zip([point.name for point in POINTS], batch.values, strict=True))


def test_every_point_has_a_value_while_all_is_well(clock: Any) -> None:
    batch = watch(clock, [CALM]).batch((50, 200))
    assert batch.quality is None
    found = named(batch)
    assert None not in found.values()
    assert found["disk_free_percent"] == 25.0
    assert found["sink_up_influx"] is True
    assert found["sinks_failing"] == found["quarantined_rate"] == found["clock_offset_s"] == 0


def test_rates_are_of_the_time_since_the_batch_before(clock: Any) -> None:
    vitals = [CALM]
    health = watch(clock, vitals)
    health.batch((1, 2))
    clock.move(10.0)
    vitals.append(Vitals(30.0, 1000, {"influx": False}, 15, 100, {"line-1": (1, 4)}, 1))
    found = named(health.batch((1, 2)))
    assert found["quarantined_rate"] == pytest.approx(30.0)
    assert found["outbox_age_s"] == pytest.approx(30.0)
    assert (found["devices_silent"], found["devices_silent_percent_line-1"]) == (1, 25.0)
    assert (found["sinks_failing"], found["sink_up_influx"]) == (1, False)


def test_a_step_of_the_clock_shows_and_is_no_waiting(clock: Any) -> None:
    health = watch(clock, [Vitals(0.0, 0, {}, 0, 0, {}, 0)])
    clock.now_ns -= 3600 * 10**9
    found = named(health.batch((1, 2)))
    assert found["clock_offset_s"] == pytest.approx(-3600.0)
    assert found["outbox_age_s"] == 0.0


def test_a_disk_that_does_not_say_is_bad_and_not_zero(clock: Any) -> None:
    batch = watch(clock, [CALM]).batch(None)
    assert batch.quality is not None
    bad = {point.name for point, quality in zip(POINTS, batch.quality, strict=True) if quality.is_bad}
    assert bad == {"disk_free_percent", "disk_free_bytes"}
    assert Quality.BAD_NOT_AVAILABLE in batch.quality
