"""A reload that fails before anything new is known: what ended for it runs again, watched as before."""

from typing import Any

import pytest

from gateway.core.errors import Unavailable
from tests.integration.reload.plant import Plant


async def test_a_line_that_ended_for_a_reload_that_failed_is_watched_again(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = plant.gateway._state
    give, calls = state.ids_for, []

    async def fail_once(wanted: Any) -> dict[str, int]:
        calls.append(wanted)
        if len(calls) == 1:
            raise Unavailable("the disk is full", "make room")
        return await give(wanted)

    monkeypatch.setattr(state, "ids_for", fail_once)
    plant.edit("connection: line-2, unit: 1", "connection: line-2, unit: 7")
    with pytest.raises(Unavailable, match="the one before is in force"):
        await plant.reload()
    await plant.until_read("m1", "m2")
    assert plant.two.asked[-1].unit == 1
    plant.two.put(0, ">f", 900.0)
    await plant.until(lambda: [view.spec.id for view in plant.gateway.alarms.views()] == ["overload:m2"])
    assert plant.gateway.connectivity.reason("m2") is not None
    assert plant.one.connections == 1


async def test_a_rename_that_was_not_reached_leaves_every_point_its_history(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway = plant.gateway
    begin, calls = gateway._outbox.register, []

    async def fail_once(*given: Any) -> None:
        calls.append(given)
        if len(calls) == 1:
            raise Unavailable("the disk is full", "make room")
        await begin(*given)

    monkeypatch.setattr(gateway._outbox, "register", fail_once)
    number = gateway.snapshot.point("m2.power_active")[2]
    plant.edit("{id: m2, enterprise", "{id: m5, renamed_from: m2, enterprise")
    with pytest.raises(Unavailable, match="the one before is in force"):
        await plant.reload()
    await plant.until_read("m2")
    assert gateway.snapshot.point("m2.power_active")[2] == number
    await plant.reload()
    await plant.until_read("m5")
    assert gateway.snapshot.point("m5.power_active")[2] == number
