"""Energy after a restoration: an older ledger beside a newer outbox neither doubles nor loses what was counted."""

import asyncio
import shutil
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.backup import contents, restore
from gateway.backup.contents import Site, Wish
from gateway.backup.restore import Backup
from gateway.core.clock import SystemClock
from gateway.store.ledger_verify import verify
from gateway.store.state import State
from tests.faults.energy.plant import START_NS, Clock, Plant, Shelf, books_of, intervals_in, meter

TAG = "a.energy_import"
MINUTE_NS = 60 * 10**9
BOOKS = books_of(meter(TAG))


def register(minute: int) -> float:
    """It counts faster after the first hour: what is spread over a gap is not what was counted."""
    return 100.0 + (minute if minute < 60 else 60 + (minute - 60) * 3)


class Park:
    """A data directory that is backed up, goes on, and is restored."""

    def __init__(self, folder: Path, shelf: Shelf | None) -> None:
        self.folder, self.data = folder, folder / "data"
        self.shelf, self.clock = shelf, Clock()

    async def run(self, minutes: Iterable[int]) -> None:
        """A gateway that reads in these minutes."""
        plant = await Plant.open(self.data, BOOKS, self.clock, shelf=self.shelf)
        for minute in minutes:
            plant.count("a", START_NS + minute * MINUTE_NS, register(minute))
            await plant.deliver()  # a chunk for every reading: numbers of chunks go on
        await plant.settle()
        await plant.close()

    def back_up(self, *, with_outbox: bool = False) -> None:
        work = self.folder / "work"
        work.mkdir()
        site, wish = Site("park", self.folder / "park.yaml", self.data), Wish(has_outbox=with_outbox)
        contents.copy_stopped(site, work, wish)
        contents.assemble(site, work, self.folder / "backup", wish, SystemClock().time_ns())
        shutil.rmtree(work)

    def put_back(self) -> None:
        restore.restore(Backup(self.folder / "backup"), self.folder / "park.yaml", SystemClock())

    async def quantities(self) -> list[Decimal]:
        assert (await asyncio.to_thread(verify, self.data)).is_good
        return [one.quantity for one in await intervals_in(self.data, TAG)]


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    def write() -> None:
        (tmp_path / "park.yaml").write_text("site: {id: park}\nstore: {directory: data}\n")

    await asyncio.to_thread(write)
    state = await State.open(tmp_path / "data", SystemClock(), durability="process_crash")
    await state.close()
    return tmp_path


COUNTED = [Decimal(15)] * 4 + [Decimal(45)] * 4  # of two hours, as a ledger has it that was never restored


async def test_a_ledger_that_was_never_restored_has_every_quantity(folder: Path) -> None:
    park = Park(folder, Shelf())
    await park.run(range(121))
    assert await park.quantities() == COUNTED


@pytest.mark.parametrize("with_outbox", [False, True])
async def test_an_older_ledger_is_filled_up_from_the_history_and_nothing_counts_twice(
    folder: Path, with_outbox: bool
) -> None:
    park = Park(folder, Shelf())
    await park.run(range(40))
    await asyncio.to_thread(park.back_up, with_outbox=with_outbox)
    await park.run(range(40, 100))
    await asyncio.to_thread(park.put_back)
    await park.run(range(100, 121))
    assert await park.quantities() == COUNTED


async def test_an_outbox_that_was_replaced_since_the_backup_makes_no_difference(folder: Path) -> None:
    park = Park(folder, Shelf())
    await park.run(range(40))
    await asyncio.to_thread(park.back_up)
    await park.run(range(40, 60))
    await asyncio.to_thread((folder / "data" / "outbox.db").unlink)
    await park.run(range(60, 100))
    await asyncio.to_thread(park.put_back)
    await park.run(range(100, 121))
    assert await park.quantities() == COUNTED


async def test_without_a_history_the_sum_is_the_same_to_the_last_digit(folder: Path) -> None:
    park = Park(folder, None)
    await park.run(range(40))
    await asyncio.to_thread(park.back_up)
    await park.run(range(40, 100))
    await asyncio.to_thread(park.put_back)
    await park.run(range(100, 121))
    found = await park.quantities()
    assert sum(found) == sum(COUNTED)
    assert found[:2] == COUNTED[:2]
    assert found[-1] == COUNTED[-1]


async def test_readings_that_waited_in_the_outbox_at_the_restoration_are_taken_in_once(folder: Path) -> None:
    park = Park(folder, Shelf())
    await park.run(range(40))
    await asyncio.to_thread(park.back_up)
    plant = await Plant.open(park.data, BOOKS, park.clock, shelf=park.shelf)
    for minute in range(40, 100):
        plant.count("a", START_NS + minute * MINUTE_NS, register(minute))
    await plant.outbox.commit()  # and nobody took them
    await plant.close()
    await asyncio.to_thread(park.put_back)
    await park.run(range(100, 121))
    assert await park.quantities() == COUNTED


async def test_a_new_machine_goes_on_from_where_the_backup_ends(folder: Path, tmp_path: Path) -> None:
    park = Park(folder, Shelf())
    await park.run(range(76))
    await asyncio.to_thread(park.back_up)

    def move() -> Park:
        new = Park(tmp_path / "new", None)
        new.folder.mkdir()
        shutil.move(folder / "backup", new.folder / "backup")
        new.put_back()
        return new

    new = await asyncio.to_thread(move)
    await new.run(range(76, 121))
    assert await new.quantities() == COUNTED
