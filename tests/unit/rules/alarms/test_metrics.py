"""EEMUA 191 / ISA-18.2 figures: rate, floods, chattering, standing alarms, the top ten; memory; who sees what."""

import tracemalloc
from collections import Counter
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.alarm import AlarmEvent, AlarmState, Priority, Transition
from rules.alarms.metrics import AlarmMetrics, Chattering, Flood, Frequent

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
START = 1_795_392_000 * SECOND  # a whole quarter of an hour
SHOWN = AlarmState.UNACKNOWLEDGED
WARE = "warehouse"


def event(
    at_ns: int,
    alarm: str = "a",
    transition: Transition = Transition.RAISED,
    state: AlarmState = SHOWN,
    priority: Priority = Priority.LOW,
    enterprise: str | None = None,
) -> AlarmEvent:
    return AlarmEvent(START + at_ns, alarm, alarm, None, enterprise, 1, transition, state, priority)


def metrics(*events: AlarmEvent) -> AlarmMetrics:
    book = AlarmMetrics()
    for each in events:
        book.observe(each)
    return book


def returned(at_ns: int, alarm: str = "a") -> AlarmEvent:
    return event(at_ns, alarm, Transition.RETURNED, AlarmState.RETURNED_UNACKNOWLEDGED)


def test_nothing_happened() -> None:
    report = AlarmMetrics().report(START)
    assert (report.total, report.max_10min, report.flood, report.chattering, report.top) == (0, 0, Flood(), (), ())
    assert (report.standing_24h, report.top_share) == (0, 0.0)
    assert report.priorities == {Priority.HIGH: 0, Priority.MEDIUM: 0, Priority.LOW: 0}


def test_what_calls_for_a_person_is_counted_and_nothing_else() -> None:
    book = metrics(
        event(0, "a", priority=Priority.LOW),
        event(1, "a", Transition.WORSENED, priority=Priority.HIGH),
        event(2, "a", Transition.ACKNOWLEDGED, AlarmState.ACKNOWLEDGED, Priority.HIGH),
        event(3, "a", Transition.REANNUNCIATED, priority=Priority.HIGH),
        event(4, "a", Transition.COMMENTED),
        returned(5),
        event(6, "b", priority=Priority.MEDIUM),
    )
    report = book.report(START + MINUTE)
    assert report.total == 4
    assert report.priorities == {Priority.HIGH: 2, Priority.MEDIUM: 1, Priority.LOW: 1}
    assert report.top == (Frequent("a", 3), Frequent("b", 1))
    assert report.top_share == 1.0


def test_a_day_later_it_is_forgotten() -> None:
    book = metrics(event(0), event(HOUR))
    assert book.report(START + 24 * HOUR).total == 2
    assert book.report(START + 24 * HOUR + 15 * MINUTE).total == 1
    late = book.report(START + 48 * HOUR)
    assert (late.total, late.top, late.max_10min) == (0, (), 0)


def test_a_flood_starts_above_ten_in_ten_minutes_and_ends_below_five() -> None:
    events = [event(n * 30 * SECOND, f"a{n}") for n in range(11)]  # 0 s to 300 s
    assert not metrics(*events[:10]).report(START + 270 * SECOND).flood.now
    book = metrics(*events)
    assert book.report(START + 300 * SECOND).flood == Flood(True, START + 300 * SECOND, 0.0, 1)
    assert book.report(START + 300 * SECOND).max_10min == 11
    # the seventh leaves the window at 180 s + 600 s: four are left
    assert book.report(START + 779 * SECOND).flood.now
    after = book.report(START + 2 * HOUR).flood
    assert after == Flood(False, None, (780 - 300) / 86_400, 1)
    assert book.report(START + 26 * HOUR).flood == Flood()


def test_of_a_flood_that_began_before_the_last_24_hours_the_rest_counts() -> None:
    events = [event(n * 15 * SECOND, f"a{n % 50}") for n in range(4 * 60)]  # for an hour
    flood = metrics(*events).report(START + 24 * HOUR + 30 * MINUTE).flood
    end = 236 * 15 + 600 - 15  # of 240 raises the 236th leaves the window
    assert flood == Flood(False, None, (end - 30 * 60) / 86_400, 1)


def test_ten_minutes_are_left_open_at_their_start() -> None:
    assert metrics(*[event(n * MINUTE) for n in range(11)]).report(START + 10 * MINUTE).max_10min == 10


def test_chattering_is_three_raises_of_one_alarm_in_a_minute() -> None:
    steady = [event(n * 31 * SECOND, "slow") for n in range(20)]
    assert metrics(*steady).report(START + 11 * MINUTE).chattering == ()
    fast = [event(11 * MINUTE + n * 15 * SECOND, "fast") for n in range(9)]
    others = [event(20 * MINUTE + n * SECOND, f"b{n}") for n in range(9)]
    worsened = [event(21 * MINUTE + n * SECOND, "w", Transition.WORSENED) for n in range(9)]
    book = metrics(*steady, *fast, *others, *worsened)
    assert book.report(START + HOUR).chattering == (Chattering("fast", 4),)
    assert book.report(START + 25 * HOUR).chattering == ()


def test_an_alarm_that_is_active_for_a_day_stands() -> None:
    book = metrics(
        event(0, "stands"),
        event(HOUR, "stands", Transition.ACKNOWLEDGED, AlarmState.ACKNOWLEDGED),
        event(0, "over"),
        returned(HOUR, "over"),
        event(0, "shelved"),
        event(HOUR, "shelved", Transition.SHELVED, AlarmState.SHELVED),
        event(0, "again"),
        returned(HOUR, "again"),
        event(2 * HOUR, "again"),
    )
    assert book.report(START + 24 * HOUR).standing_24h == 0
    assert book.report(START + 24 * HOUR + SECOND).standing_24h == 1
    assert book.report(START + 26 * HOUR + SECOND).standing_24h == 2
    book.observe(event(100 * HOUR, "other"))
    assert book.report(START + 100 * HOUR).standing_24h == 2  # what stands is not tidied away
    book.observe(event(101 * HOUR, "stands", Transition.REMOVED, AlarmState.NORMAL))
    assert book.report(START + 101 * HOUR).standing_24h == 1


def test_what_was_raised_before_the_replayed_day_can_be_told() -> None:
    book = metrics(event(HOUR, "a", Transition.ACKNOWLEDGED, AlarmState.ACKNOWLEDGED, enterprise=WARE))
    book.stand("a", WARE, START - 30 * HOUR)
    book.stand("b", None, START - 30 * HOUR)
    assert book.report(START + HOUR).standing_24h == 2
    assert book.report(START + HOUR, WARE).standing_24h == 1


def test_an_enterprise_sees_its_own_alarms_only() -> None:
    mine = [event(n * SECOND, "mine", enterprise=WARE, priority=Priority.HIGH) for n in range(4)]
    park = [event(10 * SECOND + n, "park") for n in range(12)]
    theirs = [event(20 * SECOND, "theirs", enterprise="mill")]
    book = metrics(*mine, *park, *theirs)
    own = book.report(START + 25 * HOUR - 2 * HOUR, WARE)
    assert (own.total, own.max_10min, own.flood) == (4, 4, Flood())
    assert own.top == (Frequent("mine", 4),)
    assert own.chattering == (Chattering("mine", 4),)
    assert own.priorities[Priority.HIGH] == 4
    whole = book.report(START + 23 * HOUR)
    assert (whole.total, whole.max_10min, whole.flood.count) == (17, 17, 1)
    assert book.report(START + HOUR, "nobody").total == 0


def test_the_top_ten_and_their_share() -> None:
    book = metrics(*[event(n * MINUTE * 20 + k, f"a{n:02}") for n in range(15) for k in range(n + 1)])
    report = book.report(START + 6 * HOUR)
    assert [each.count for each in report.top] == list(range(15, 5, -1))
    assert report.top_share == sum(range(6, 16)) / sum(range(1, 16))


def test_a_clock_that_is_set_back_a_little_counts_on_and_a_lot_starts_anew() -> None:
    book = metrics(event(10 * HOUR, "a"), event(10 * HOUR - 30 * MINUTE, "b"))
    assert book.report(START + 9 * HOUR).total == 2
    book.observe(event(2 * HOUR, "c"))
    report = book.report(START + 2 * HOUR)
    assert report.top == (Frequent("c", 1),)
    assert book.report(START + 26 * HOUR + MINUTE).standing_24h == 3  # all are active still


def test_replaying_the_events_gives_the_same_figures() -> None:
    chance = Random(7)
    events, now = [], 0
    for _ in range(3000):
        now += int(chance.expovariate(1 / 40) * SECOND)
        alarm = f"a{chance.randrange(30)}"
        events.append(event(now, alarm) if chance.random() < 0.6 else returned(now, alarm))
    first, again = metrics(*events), AlarmMetrics()
    for each in events:
        if each.time_ns > START + now - 25 * HOUR:  # more than the window
            again.observe(each)
    assert first.report(START + now) == again.report(START + now)


def test_a_storm_of_a_day_takes_little_memory() -> None:
    """A hundred raises of 300 alarms every five minutes; kept as events they would take several times as much."""
    book = AlarmMetrics()
    tracemalloc.start()
    for burst in range(288):
        for n in range(100):
            at = burst * 5 * MINUTE + n * SECOND // 2
            book.observe(event(at, f"a{(burst * 7 + n) % 300}", enterprise=f"e{n % 5}"))
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 600_000
    report = book.report(START + 24 * HOUR - SECOND)
    assert (report.total, report.flood.count) == (28_800, 1)
    assert report.flood.share > 0.99


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0, 1, 7, 20, 45, 130, 400]), st.integers(0, 3)), max_size=80))
def test_the_figures_agree_with_counting_every_event(steps: list[tuple[int, int]]) -> None:
    now, raises = 0, []
    for wait, alarm in steps:
        now += wait
        raises.append((now, f"a{alarm}"))
    book = metrics(*[event(at * SECOND, alarm) for at, alarm in raises])
    end = now + 300
    report = book.report(START + end * SECOND)
    assert report.total == len(raises)
    assert report.max_10min == max((trailing(raises, at, 600) for at, _ in raises), default=0)
    flooded, begun, count = 0, None, 0
    for second in range(end + 1):
        many = trailing(raises, second, 600)
        if begun is None and many > 10:
            begun, count = second, count + 1
        elif begun is not None and many < 5:
            flooded, begun = flooded + second - begun, None
    flooded += end - begun if begun is not None else 0
    assert report.flood.count == count
    assert round(report.flood.share * 86_400) == flooded
    worst: Counter[str] = Counter()
    for at, alarm in raises:
        own = [each for each in raises if each[1] == alarm]
        worst[alarm] = max(worst[alarm], trailing(own, at, 60))
    assert {each.alarm: each.max_60s for each in report.chattering} == {a: n for a, n in worst.items() if n >= 3}


def trailing(raises: list[tuple[int, str]], second: int, window: int) -> int:
    return sum(second - window < at <= second for at, _ in raises)
