"""A running plant."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.modbus.peer import Peer
from tests.integration.reload.plant import PARK, RULES, Plant, running


@pytest.fixture
async def plant(tmp_path: Path) -> AsyncIterator[Plant]:
    one, two = Peer(), Peer()
    await one.up()
    await two.up()
    for peer in (one, two):
        peer.put(0, ">f", 100.0)
        peer.put(2, ">f", 5000.0)
    made = Plant(tmp_path, one, two)

    def write() -> None:
        made.add(PARK.format(one=one.port, two=two.port))
        made.add(RULES, "rules.d/rules.yaml")

    await asyncio.to_thread(write)
    async with running(made):
        await made.until_read("m1", "m2")
        yield made
    await one.down()
    await two.down()
