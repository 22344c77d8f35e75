"""Looking at alarms changes nothing, not even where it happens in the middle of something."""

import json

import pytest

from gateway.core.alarm import Condition
from gateway.core.point import Names
from rules.alarms.inputs import Inputs, Reading
from tests.unit.rules.alarms.engine_park import SECOND, WANG, Park, alarm, expression

MESSAGE = Names("{value} of {limit} {unit} on {device}")


def pending_again(**more: object) -> Park:
    """Raised once with 900 kW, over, and pending with 950 kW."""
    park = Park([alarm(on_delay_ns=5 * SECOND, message=MESSAGE, **more)])
    park.run(0, 6, power=900.0, current=3.0)
    park.run(7, 8, power=100.0, current=3.0)
    park.engine.acknowledge("overload:tx1", WANG, "", park.now_ns)
    park.run(9, 11, power=950.0, current=4.0)
    assert park.condition() is Condition.PENDING
    return park


def everything(park: Park) -> str:
    engine = park.engine
    shown = [(run.shown.save(), run.shown.kept()) for run in engine._runs.values()]
    return json.dumps([engine.memory(), repr(shown), engine.has_changed, engine.next_due_ns(), dict(engine.faults)])


@pytest.mark.parametrize("value", [None, "power", "power + current", "avg(power, 1 min)", "duration(power > 800 kW)"])
def test_a_view_of_a_pending_alarm_writes_nothing(value: str | None) -> None:
    park = pending_again(value=None if value is None else expression(value))
    park.engine.changed()
    before = everything(park)
    first = park.engine.views()
    park.engine._shared.now_ns += SECOND  # time that nobody told the expressions
    assert park.engine.views() == first
    assert everything(park) == before


@pytest.mark.parametrize(
    ("value", "said"),
    [("power", "950 of "), ("power + 2 * current", "958 of "), ("max(power, 10 s)", "950 of ")],
)
def test_a_pending_alarm_says_what_it_would_say(value: str, said: str) -> None:
    park = pending_again(value=expression(value, unit="kW"))
    assert park.engine.view("overload:tx1").message.en.startswith(said)


def test_a_limit_that_is_an_expression_is_looked_at_as_it_is_now() -> None:
    rule = alarm(message=MESSAGE, on_delay_ns=5 * SECOND)
    level = rule.levels[0]
    levels = (
        type(level)(
            level.priority, expression("power > 100 * current"), None, unit="kW", limit=expression("100 * current")
        ),
    )
    park = Park([alarm(message=MESSAGE, on_delay_ns=5 * SECOND, levels=levels)])
    park.run(0, 2, power=900.0, current=3.0)
    assert park.engine.view("overload:tx1").limit == 300.0
    park.feed(3, power=900.0, current=4.0)
    assert park.engine.view("overload:tx1").limit == 400.0


def test_an_alarm_that_is_raised_while_somebody_looks_at_it_keeps_its_own_text(monkeypatch: pytest.MonkeyPatch) -> None:
    park = pending_again()
    reading = Inputs.reading

    def interrupted(self: Inputs, tag: str) -> Reading | None:
        """The loop goes on while another thread is half way through a view."""
        monkeypatch.setattr(Inputs, "reading", reading)
        park.run(12, 14, power=999.0, current=5.0)
        return reading(self, tag)

    monkeypatch.setattr(Inputs, "reading", interrupted)
    park.engine.views()
    assert park.condition() is Condition.ACTIVE
    assert park.events[-1].message.en == "999 of 800 kW on Meter tx1"
    assert park.engine.view("overload:tx1").message == park.events[-1].message


def test_a_value_that_cannot_be_computed_is_missing_in_the_view_and_counts_no_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    value = expression("power + current")
    park = pending_again(value=value)
    start = type(value).start

    def broken(self: object) -> object:
        raise_at = start(self)  # type: ignore[arg-type]
        monkeypatch.setattr(type(raise_at), "evaluate", lambda *_: 1 // 0)
        return raise_at

    monkeypatch.setattr(type(value), "start", broken)
    assert park.engine.view("overload:tx1").message.en.startswith("(no value) of ")
    assert not park.engine.faults
