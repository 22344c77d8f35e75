"""The dead-letter folder: what was refused is kept with its reason, within bounds, newest first."""

from pathlib import Path
from typing import Any

from gateway.core.ports import Refused
from gateway.store.deadletter import Choice, DeadLetter, DeadLetters


def refused(text: str = "meter,device=tx1 u=abc 1", count: int = 1) -> Refused:
    return Refused(text, "field type conflict", 422, count)


async def test_a_refused_line_can_be_read_with_its_reason(tmp_path: Path, clock: Any) -> None:
    letters = DeadLetters(tmp_path / "deadletter", clock)
    assert await letters.add("influx", [refused(count=3)])
    assert await letters.newest(10) == [
        DeadLetter(clock.wall_ns, "influx", 422, "field type conflict", "meter,device=tx1 u=abc 1", 3)
    ]
    assert [path.name for path in (tmp_path / "deadletter").iterdir()] == ["2026-09-21.jsonl"]
    letters.close()


async def test_the_newest_come_first_over_days_and_restarts(tmp_path: Path, clock: Any) -> None:
    for day in range(3):
        letters = DeadLetters(tmp_path, clock)
        await letters.add("influx", [refused(f"{day}a"), refused(f"{day}b")])
        letters.close()
        clock.pass_time(86400)
    letters = DeadLetters(tmp_path, clock)
    assert [letter.line for letter in await letters.newest(5)] == ["2b", "2a", "1b", "1a", "0b"]
    assert len(list(tmp_path.iterdir())) == 3
    letters.close()


async def test_the_oldest_days_make_way(tmp_path: Path, clock: Any) -> None:
    letters = DeadLetters(tmp_path, clock, max_bytes=10_000)
    for day in range(6):
        assert await letters.add("influx", [refused(f"{day}" + "x" * 3000)])
        clock.pass_time(86400)
    kept = [letter.line[0] for letter in await letters.newest(100)]
    assert kept == ["5", "4", "3"]
    assert any("oldest refused lines were removed" in finding for finding in letters.findings)
    letters.close()


async def test_a_flood_within_one_day_keeps_its_newest_lines(tmp_path: Path, clock: Any) -> None:
    letters = DeadLetters(tmp_path, clock, max_bytes=20_000)
    for number in range(200):
        assert await letters.add("influx", [refused(f"{number} " + "x" * 300)])
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 20_000
    kept = [int(letter.line.split()[0]) for letter in await letters.newest(1000)]
    assert kept == list(range(199, 199 - len(kept), -1))
    assert len(kept) > 10
    letters.close()


async def test_lines_of_any_content_come_back(tmp_path: Path, clock: Any) -> None:
    letters = DeadLetters(tmp_path, clock)
    odd = 'quote " newline \n nul \x00 half pair \ud800 温度'
    assert await letters.add("influx", [refused(odd)])
    assert (await letters.newest(1))[0].line == odd
    letters.close()


async def test_a_line_torn_by_a_power_cut_hides_no_other(tmp_path: Path, clock: Any) -> None:
    letters = DeadLetters(tmp_path, clock)
    await letters.add("influx", [refused("whole")])
    path = next(tmp_path.iterdir())
    path.write_bytes(path.read_bytes() + b'{"line": "to')
    await letters.add("influx", [refused("next")])
    assert [letter.line for letter in await letters.newest(10)] == ["next", "whole"]
    letters.close()


async def test_a_folder_that_takes_nothing_is_said(tmp_path: Path, clock: Any) -> None:
    (tmp_path / "deadletter").write_text("in the way")
    letters = DeadLetters(tmp_path / "deadletter", clock)
    assert not await letters.add("influx", [refused()])
    assert any("cannot be kept" in finding for finding in letters.findings)
    (tmp_path / "deadletter").unlink()
    assert await letters.add("influx", [refused()])
    assert letters.findings == []
    letters.close()


async def test_letters_are_chosen_oldest_first_and_taken_out_each_once(tmp_path: Path, clock: Any) -> None:
    letters = DeadLetters(tmp_path, clock)
    for day in range(2):
        await letters.add("influx", [refused(f"{day}a"), refused(f"{day}b"), refused(f"{day}b")])
        await letters.add("other", [refused(f"{day}c")])
        await letters.add("influx", [Refused(f"{day}d", "no such bucket", 404, 1)])
        clock.pass_time(86400)
    chosen = await letters.oldest(Choice("influx", "field type conflict"), 4)
    assert [letter.line for letter in chosen] == ["0a", "0b", "0b", "1a"]
    assert [letter.line for letter in await letters.oldest(Choice("influx"), 99)] == [
        *("0a", "0b", "0b", "0d"), *("1a", "1b", "1b", "1d"),
    ]  # fmt: skip
    assert await letters.remove([*chosen[:2], chosen[3]])
    assert [letter.line for letter in await letters.newest(99)] == ["1d", "1c", "1b", "1b", "0d", "0c", "0b"]
    assert await letters.remove(await letters.newest(99))
    assert list(tmp_path.iterdir()) == []
    letters.close()


async def test_a_torn_line_stays_where_others_are_taken_out(tmp_path: Path, clock: Any) -> None:
    letters = DeadLetters(tmp_path, clock)
    await letters.add("influx", [refused("a")])
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes() + b'{"torn')
    assert await letters.remove(await letters.oldest(Choice("influx"), 9))
    assert path.read_bytes() == b'{"torn'
    letters.close()
