"""Rules over stored samples: what they would have raised."""

from pathlib import Path
from typing import Any

from gateway.core.alarm import Transition
from gateway.trial.replay import Replay, Row, inputs, read_rows
from gateway.trial.series import Sample

SECOND = 10**9
START = 1_790_000_000 * SECOND


def rows(*values: tuple[float, float | None], tag: str = "tx1.power_active") -> list[Row]:
    return [Row(START + int(at * SECOND), tag, Sample(value, is_bad=value is None)) for at, value in values]


def test_rules_raise_at_the_times_that_history_gives(rules: Any) -> None:
    replay = Replay(*rules, ["overload"], START)
    done = replay.run(rows((0, 700.0), (10, 850.0), (40, 860.0), (100, 700.0)), START + 200 * SECOND)
    assert [(event.transition, (event.time_ns - START) / SECOND) for event in done.events] == [
        (Transition.RAISED, 70.0),
        (Transition.RETURNED, 100.0),
    ]
    assert done.raised == {"overload:tx1": 1}
    assert (done.samples, done.standing, done.chattering) == (4, [], [])


def test_what_the_deadband_kept_back_is_not_stale(rules: Any) -> None:
    done = Replay(*rules, ["overload"], START).run(rows((0, 850.0), (60, 850.0), (120, 850.0)), START + 130 * SECOND)
    assert done.standing == ["overload:tx1"]


def test_an_alarm_that_comes_three_times_in_a_minute_chatters(rules: Any) -> None:
    values = [(float(at), 950.0 if at % 20 < 10 else 500.0) for at in range(0, 100, 10)]
    done = Replay(*rules, ["share-high"], START).run(rows(*values), START + 100 * SECOND)
    assert done.chattering == ["share-high:tx1"]


def test_rules_are_followed_through_computed_points_to_what_is_stored(rules: Any) -> None:
    _, rulebook = rules
    assert inputs(rulebook, ["share-high"]) == ["tx1.power_active"]
    assert inputs(rulebook, []) == ["tx1.power_active", "tx2.power_active"]


def test_an_export_is_read_with_the_types_of_its_points(rules: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(
        "time,tag,value,text,quality\n"
        "2026-11-22T08:00:00.500000000Z,tx1.power_active,850.5,,good\n"
        "2026-11-22T08:00:01.000000000Z,tx1.running,1,,good\n"
        "2026-11-22T08:00:02.000000000Z,tx1.power_active,,,bad_timeout\n",
        encoding="utf-8",
    )
    found = list(read_rows(path, Replay(*rules, [], START).types))
    assert [row.sample for row in found] == [Sample(850.5), Sample(True), Sample(None, is_bad=True)]
    assert found[0].time_ns == 1_795_334_400 * SECOND + SECOND // 2
