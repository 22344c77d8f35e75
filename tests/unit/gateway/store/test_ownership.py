"""Whose devices were when, in state.db."""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from gateway.core.ownership import EVER_NS, Ownership, Stretch
from gateway.store import ownership
from gateway.store.ownership import Move, Owned
from gateway.store.state import State

T = TypeVar("T")
NOW = 1_700_000_000 * 10**9


def run(folder: Path, clock: Any, work: Callable[[State, sqlite3.Connection], T]) -> T:
    async def go() -> T:
        state = await State.open(folder, clock)
        try:
            return await state.do(lambda db: work(state, db))
        finally:
            await state.close()

    return asyncio.run(go())


def put(
    folder: Path, clock: Any, owned: Mapping[str, str], now_ns: int = NOW, renamed: tuple[tuple[str, str], ...] = ()
) -> list[Move]:
    def work(state: State, db: sqlite3.Connection) -> list[Move]:
        with state.write(db):
            wanted = {device: Owned(enterprise) for device, enterprise in owned.items()}
            return ownership.put_down(db, wanted, renamed, now_ns)

    return run(folder, clock, work)


def read(folder: Path, clock: Any) -> Ownership:
    return run(folder, clock, lambda _, db: ownership.read(db))


def execute(folder: Path, clock: Any, sql: str) -> None:
    def work(state: State, db: sqlite3.Connection) -> None:
        with state.write(db):
            db.execute(sql)

    run(folder, clock, work)


def test_devices_of_before_the_table_are_whose_they_are_since_ever(tmp_path: Path, clock: Any) -> None:
    execute(tmp_path, clock, "INSERT INTO point(tag) VALUES('oven.power')")
    assert put(tmp_path, clock, {"oven": "dongyue", "press": "huali"}) == []
    assert read(tmp_path, clock).is_plain


def test_a_move_is_put_down_once_and_lasts(tmp_path: Path, clock: Any) -> None:
    put(tmp_path, clock, {"oven": "dongyue"})
    after = (Stretch(EVER_NS, "dongyue"), Stretch(NOW + 5, "huali"))
    moves = put(tmp_path, clock, {"oven": "huali"}, NOW + 5)
    assert moves == [Move("oven", (Stretch(EVER_NS, "dongyue"),), after)]
    assert put(tmp_path, clock, {"oven": "huali"}, NOW + 9) == []
    assert read(tmp_path, clock).stretches == {"oven": after}


def test_a_device_that_nobody_knew_is_theirs_with_what_it_remembers(tmp_path: Path, clock: Any) -> None:
    put(tmp_path, clock, {"oven": "dongyue"})
    assert put(tmp_path, clock, {"oven": "dongyue", "press": "huali"}, NOW + 5) == []
    assert read(tmp_path, clock).is_plain


def test_a_device_that_comes_back_for_somebody_else_brings_no_past(tmp_path: Path, clock: Any) -> None:
    put(tmp_path, clock, {"oven": "dongyue", "press": "huali"})
    put(tmp_path, clock, {"press": "huali"}, NOW + 5)
    put(tmp_path, clock, {"press": "huali", "oven": "huali"}, NOW + 9)
    assert read(tmp_path, clock).since_ns("oven") == NOW + 9


def test_a_device_whose_points_are_known_from_before_the_table_brings_no_past(tmp_path: Path, clock: Any) -> None:
    execute(tmp_path, clock, "INSERT INTO point(tag) VALUES('oven.power'), ('oven-2.power')")
    put(tmp_path, clock, {"press": "huali"})
    put(tmp_path, clock, {"press": "huali", "oven": "huali", "oven-3": "huali"}, NOW + 5)
    assert set(read(tmp_path, clock).stretches) == {"oven"}


def test_what_is_known_follows_the_name_of_a_device(tmp_path: Path, clock: Any) -> None:
    put(tmp_path, clock, {"oven": "dongyue"})
    put(tmp_path, clock, {"oven": "huali"}, NOW + 5)
    assert put(tmp_path, clock, {"kiln": "huali"}, NOW + 9, (("oven", "kiln"),)) == []
    assert read(tmp_path, clock).since_ns("kiln") == NOW + 5
    assert "oven" not in read(tmp_path, clock).stretches


def test_a_clock_that_lost_its_time_does_not_let_a_move_lie_in_the_past(tmp_path: Path, clock: Any) -> None:
    put(tmp_path, clock, {"oven": "dongyue"})
    execute(tmp_path, clock, f"INSERT INTO connectivity_written VALUES(1, {NOW}, 1)")
    put(tmp_path, clock, {"oven": "huali"}, 5)
    assert read(tmp_path, clock).since_ns("oven") == NOW


def test_commands_read_it_from_the_copy(tmp_path: Path, clock: Any) -> None:
    assert ownership.read_copy(tmp_path).is_plain
    put(tmp_path, clock, {"oven": "dongyue"})
    put(tmp_path, clock, {"oven": "huali"}, NOW + 5)
    assert ownership.read_copy(tmp_path) == read(tmp_path, clock)
    with sqlite3.connect(tmp_path / "state.copy.db") as db:
        db.execute("DROP TABLE ownership")
    assert ownership.read_copy(tmp_path).is_plain


def test_a_configuration_that_was_not_reached_leaves_the_table_as_it_was(tmp_path: Path, clock: Any) -> None:
    put(tmp_path, clock, {"oven": "acme", "mill": "acme"})
    put(tmp_path, clock, {"oven": "acme", "mill": "baker"}, NOW + 1)
    before = read(tmp_path, clock)
    moves = put(tmp_path, clock, {"stove": "baker", "mill": "acme"}, NOW + 2, (("oven", "stove"),))

    def back(state: State, db: sqlite3.Connection) -> None:
        with state.write(db):
            ownership.take_back(db, moves, [("stove", "oven")])

    run(tmp_path, clock, back)
    assert len(moves) == 2
    assert read(tmp_path, clock) == before
