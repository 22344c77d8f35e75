"""What people do to alarms and what they read."""

import pytest

from gateway.core.alarm import GATEWAY, AlarmState, Priority, Transition
from gateway.core.batch import Batch, Block
from gateway.core.device import Device
from gateway.core.point import Names, Point, ValueType
from rules.alarms.engine import NotAllowed
from rules.alarms.render import Language, duration_text, fill, number_text, plain
from tests.unit.rules.alarms.engine_park import HOUR, SECOND, WALL_NS, WANG, Park, alarm, expression, level

T = Transition


def raised(**more: object) -> Park:
    park = Park([alarm("power > 800 kW", **more)])
    park.feed(0, power=900.0)
    return park


def test_an_acknowledgement_names_who_and_why() -> None:
    park = raised()
    park.to(3)
    park.engine.acknowledge("overload:tx1", WANG, "I am on it", park.now_ns, occurrence=1)
    event = park.events[-1]
    assert (event.transition, event.actor, event.comment) == (T.ACKNOWLEDGED, WANG, "I am on it")
    view = park.engine.view("overload:tx1")
    assert (view.state, view.acknowledged_by) == (AlarmState.ACKNOWLEDGED, "Wang")
    assert view.acknowledged_ns == WALL_NS + 3 * SECOND
    assert view.raised_ns == WALL_NS


def test_an_acknowledgement_of_another_occurrence_is_refused() -> None:
    park = raised()
    park.feed(1, power=0.0)
    park.feed(2, power=900.0)
    with pytest.raises(NotAllowed, match="raised again"):
        park.engine.acknowledge("overload:tx1", WANG, "", park.now_ns, occurrence=1)


def test_unknown_alarms_are_unknown() -> None:
    park = raised()
    for act in (park.engine.acknowledge, park.engine.reset, park.engine.unshelve, park.engine.comment):
        with pytest.raises(KeyError):
            act("no:tx1", WANG, "x", park.now_ns)
    with pytest.raises(KeyError):
        park.engine.view("no:tx1")


def test_shelving_ends_by_time_with_no_batch_and_annunciates_what_is_still_true() -> None:
    park = Park([alarm("door_event > 0")], interval_s=0.0)
    park.feed(0, door_event=1.0)
    park.engine.shelve("overload:tx1", WANG, "noisy", park.now_ns, 60 * SECOND)
    assert park.events[-1].until_ns == WALL_NS + 60 * SECOND
    assert park.engine.view("overload:tx1").until_ns == WALL_NS + 60 * SECOND
    park.to(100)
    assert park.times() == [(0, T.RAISED), (0, T.SHELVED), (60, T.UNSHELVED), (60, T.RAISED)]


def test_what_is_raised_again_when_somebody_ends_the_shelving_is_raised_by_the_data() -> None:
    park = raised()
    park.engine.shelve("overload:tx1", WANG, "noisy", park.now_ns, 60 * SECOND)
    park.engine.unshelve("overload:tx1", WANG, "quiet now", park.now_ns)
    unshelved, again = park.events[-2:]
    assert (unshelved.transition, unshelved.actor, unshelved.comment) == (T.UNSHELVED, WANG, "quiet now")
    assert (again.transition, again.actor, again.comment) == (T.RAISED, GATEWAY, "")


def test_nothing_is_shelved_for_longer_than_its_rule_allows() -> None:
    park = raised(max_shelve_ns=HOUR)
    with pytest.raises(NotAllowed, match="at most 1 h"):
        park.engine.shelve("overload:tx1", WANG, "", park.now_ns, HOUR + 1)
    with pytest.raises(NotAllowed):
        park.engine.shelve("overload:tx1", WANG, "", park.now_ns, 0)
    assert park.transitions() == [T.RAISED]


def test_one_shot_shelving_ends_with_the_occurrence() -> None:
    park = raised()
    park.engine.shelve("overload:tx1", WANG, "", park.now_ns, None)
    park.feed(1, power=0.0)
    park.feed(2, power=900.0)
    assert park.transitions() == [T.RAISED, T.SHELVED, T.RETURNED, T.UNSHELVED, T.RAISED]


def test_out_of_service_lasts_until_somebody_ends_it() -> None:
    park = raised()
    park.engine.remove_from_service("overload:tx1", WANG, "sensor is being replaced", park.now_ns)
    assert "sensor is being replaced" in park.engine.view("overload:tx1").reason.en
    park.to(100_000)
    assert park.state() is AlarmState.OUT_OF_SERVICE
    park.feed(100_001, power=900.0)
    park.engine.return_to_service("overload:tx1", WANG, "", park.now_ns)
    assert park.transitions() == [T.RAISED, T.OUT_OF_SERVICE, T.IN_SERVICE, T.RAISED]


def test_a_latch_is_reset_and_a_remark_is_kept() -> None:
    park = raised(latch=True)
    park.feed(1, power=0.0)
    park.engine.acknowledge("overload:tx1", WANG, "", park.now_ns)
    park.engine.comment("overload:tx1", WANG, "fuse replaced", park.now_ns)
    with pytest.raises(NotAllowed):
        park.engine.comment("overload:tx1", WANG, " ", park.now_ns)
    park.engine.reset("overload:tx1", WANG, "", park.now_ns)
    assert park.transitions() == [T.RAISED, T.RETURNED, T.ACKNOWLEDGED, T.COMMENTED, T.RESET]
    assert park.engine.view("overload:tx1").comment == "fuse replaced"
    assert park.engine.views() == []


def test_an_alarm_that_nobody_handles_is_annunciated_again() -> None:
    park = raised(re_alarm_ns=30 * SECOND)
    park.engine.acknowledge("overload:tx1", WANG, "", park.now_ns)
    park.run(1, 31, power=900.0)
    assert park.times()[-1] == (30, T.REANNUNCIATED)
    assert park.state() is AlarmState.UNACKNOWLEDGED


def test_an_action_comes_after_what_was_due_before_it() -> None:
    park = Park([alarm("door_event > 0", on_delay_ns=10 * SECOND)], interval_s=0.0)
    park.feed(0, door_event=1.0)
    park.now_s = 11
    park.engine.acknowledge("overload:tx1", WANG, "", park.now_ns)
    assert park.times() == [(10, T.RAISED), (11, T.ACKNOWLEDGED)]


# -- what people read -------------------------------------------------------------------------------------------------


def test_the_message_is_filled_in_and_after_the_return_says_how_bad_it_was() -> None:
    message = Names(
        "{device} of {enterprise}: {value} {unit}, limit {limit} ({current}, {other.x}, {nonsense})",
        "{device}（{enterprise}）：{value} {unit}，限值 {limit}",
    )
    park = Park([alarm("power > 800 kW", message=message, levels=(level("power > 800 kW", unit="kW"),))])
    park.feed(0, power=800.1000000000001, current=3)
    raised_message = park.events[0].message
    assert raised_message.en == "Meter tx1 of Blue Sky: 800.1 kW, limit 800 (3, ?, {nonsense})"
    assert raised_message.zh == "tx1号表（蓝天）：800.1 kW，限值 800"
    for second in range(1, 1560):
        park.feed(second, power=861.0 if second == 700 else 810.0, current=3)
    park.feed(1560, power=100.0, current=3)
    assert park.events[-1].message.en.endswith(" (was 861 kW at worst, 26 min)")
    assert park.events[-1].message.zh.endswith("（最严重 861 kW，持续 26 分钟）")
    assert park.events[-1].value == 100.0


def test_the_worst_value_of_a_low_alarm_is_the_lowest() -> None:
    for when in ("temperature < -18", "temperature * 1 < -18"):
        more = {} if "*" not in when else {"value": expression("temperature * 1"), "limit": None}
        more.pop("limit", None)
        low = level(when, unit="°C", limit=expression("-18 + 0"))
        park = Park([alarm(levels=(low,), **more)])
        for second, degrees in enumerate([-10.0, -19.0, -25.5, -20.0, -10.0]):
            park.feed(second, temperature=degrees)
        assert park.events[-1].message.en == "Overload (was -25.5 °C at worst, 3 s)"
        assert park.events[-1].limit == -18


def test_a_state_is_read_by_its_word_and_foreign_text_stays_plain() -> None:
    words = ((0, Names("stopped", "停止")), (3, Names("fault", "故障")))
    message = Names("{device} is {value}, says {mode}", "{device}{value}")
    rule = alarm("count > 2", message=message)
    dangerous = Device("tx1", "park", "lantian", "meter", Names("{value}\n<b>\u202e"))
    object.__setattr__(rule, "device", dangerous)
    park = Park([rule])
    block = Block(dangerous, (Point("count", type=ValueType.INT, words=words), Point("mode", type=ValueType.TEXT)), 1.0)
    park.engine.observe(Batch(block, (3, "x\ny{limit}" + "z" * 999), 0), park.now_ns)
    text = park.events[0].message
    assert text.en.startswith("{value} <b> is fault, says x y{limit}zzz")
    assert len(text.en) < 200
    assert text.zh.endswith("故障")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (861.2, "861.2"),
        (1234567.891, "1234570"),
        (12345678, "12345678"),
        (-0.0, "0"),
        (0.00001234, "0.00001234"),
        (1e-9, "1e-09"),
        (2.5e20, "2.5e+20"),
        (230.00000001, "230"),
    ],
)
def test_numbers_have_sensible_digits(value: float, text: str) -> None:
    assert number_text(value) == text


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [
        (0, "0 s", "0 秒"),
        (59, "59 s", "59 秒"),
        (61, "1 min", "1 分钟"),
        (3600, "1 h", "1 小时"),
        (3 * 3600 + 300, "3 h 5 min", "3 小时 5 分钟"),
        (2 * 86400 + 4 * 3600 + 59, "2 d 4 h", "2 天 4 小时"),
    ],
)
def test_durations_are_read_in_two_parts(seconds: int, en: str, zh: str) -> None:
    assert duration_text(seconds * SECOND, Language.EN) == en
    assert duration_text(seconds * SECOND, Language.ZH) == zh


def test_templates_are_filled_in_once() -> None:
    assert fill("{a}{b}{", {"a": "{b}", "b": "2"}.get) == "{b}2{"
    assert plain("a\x00\r\nb") == "a b"


def test_views_leave_out_what_is_plainly_normal() -> None:
    park = Park([alarm(), alarm(rule="second")])
    park.feed(0, power=0.0)
    assert park.engine.views() == []
    park.feed(1, power=900.0)
    assert [view.spec.rule for view in park.engine.views()] == ["overload", "second"]
    assert park.engine.views()[0].priority is Priority.HIGH
    park.feed(2, power=950.0)
    assert park.engine.views()[0].value == 950.0


def test_an_alarm_that_is_pending_already_says_what_it_will_be() -> None:
    park = Park([alarm(on_delay_ns=60 * SECOND, message=Names("{value} of {limit} {unit}"))])
    park.feed(0, power=900.0)
    view = park.engine.view("overload:tx1")
    assert (view.message.en, view.limit, view.value) == ("900 of 800 kW", 800.0, 900.0)
    park.engine.shelve("overload:tx1", WANG, "", park.now_ns, SECOND)
    assert park.events[0].message.en == "900 of 800 kW"


def test_a_value_that_remembers_gets_its_inputs_all_the_time() -> None:
    value = expression("duration(power > 650)")
    park = Park(
        [alarm("power > 800", value=value), alarm("power > 801", rule="mean", value=expression("max(power, 1 min)"))]
    )
    for second, power in enumerate([0.0, 700.0, 790.0, 700.0, 900.0, 700.0]):
        park.feed(second, power=power)
    assert [event.value for event in park.events] == [3.0, 900.0, 4.0, 900.0]
