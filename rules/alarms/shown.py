"""What an alarm shows of itself: value, limit, unit, the worst value of an occurrence, and the message."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from gateway.core.point import Names, Value
from rules.alarms.judge import Kept, ThresholdJudge, plain_tag
from rules.alarms.render import Language, aftermath, fill, in_language, number_text, plain, value_text
from rules.alarms.shared import Shared
from rules.alarms.spec import Alarm
from rules.alarms.threshold import number_of
from rules.expression.program import Evaluation, Expression


@dataclass(frozen=True, slots=True)
class _Facts:
    """What the places of a message stand for."""

    value: Value | None
    limit: float | None
    unit: str


class _Asked:
    """An expression whose result is wanted now and then. Without a memory it gets its inputs when it is asked."""

    __slots__ = ("_latest", "_rule", "_shared", "evaluation", "expression", "remembers", "tag")

    def __init__(self, shared: Shared, rule: str, expression: Expression) -> None:
        self.expression = expression
        self.tag = plain_tag(expression)
        self.evaluation: Evaluation | None = None
        self.remembers = expression.has_windows or expression.needs_time
        self._rule = rule
        self._shared = shared
        self._latest: Value | None = None
        if self.remembers:
            self.evaluation = expression.start()
            shared.inputs.feed(rule, expression, self.evaluation, None)

    def read(self, now_ns: int) -> Value | None:
        """The result at this moment."""
        if self.tag is not None:
            return self._shared.inputs.value(self.tag)
        if self.evaluation is None:
            self.evaluation = self.expression.start()
        if not self.remembers:
            self._push_inputs(self.evaluation, now_ns)
        self._latest = self._shared.evaluate(self._rule, self.evaluation, now_ns)
        return self._latest

    def look(self, now_ns: int) -> Value | None:
        """The same, and nothing is written. What remembers would take note of the time: the result of the latest
        `read` then."""
        if self.tag is not None:
            return self._shared.inputs.value(self.tag)
        if self.remembers:
            return self._latest
        fresh = self.expression.start()
        try:
            self._push_inputs(fresh, now_ns)
            return fresh.evaluate(now_ns, now_ns + self._shared.wall_offset_ns)
        except Exception:  # noqa: BLE001 - counted where it is read
            return None

    def _push_inputs(self, evaluation: Evaluation, now_ns: int) -> None:
        for slot, operand in enumerate(self.expression.inputs):
            reading = self._shared.inputs.reading(operand.tag)
            if reading is not None:
                evaluation.push(slot, reading.value, reading.quality, now_ns)


class Shown:
    """One alarm's. `value`, `limit`, `unit`, `message` are those of the latest transition."""

    __slots__ = (
        "_ask_limits",
        "_ask_value",
        "_is_upward",
        "_shared",
        "_spec",
        "_thresholds",
        "limit",
        "message",
        "unit",
        "value",
        "worst",
    )

    def __init__(self, shared: Shared, spec: Alarm, judge: object) -> None:
        self._shared = shared
        self._spec = spec
        self._thresholds = judge if isinstance(judge, ThresholdJudge) else None
        self._ask_value = None if spec.value is None else _Asked(shared, spec.rule, spec.value)
        self._ask_limits = [
            None if each.limit is None else _Asked(shared, spec.rule, each.limit) for each in spec.levels
        ]
        self._is_upward: bool | None = None  # a higher value is worse; None: not known
        self.value: Value | None = None
        self.limit: float | None = None
        self.unit = spec.levels[0].unit if spec.levels else ""
        self.message = Names()
        self.worst: float | None = None

    @property
    def is_blank(self) -> bool:
        """No transition has shown anything."""
        return self.value is None and self.limit is None and self.message == Names()

    def kept(self) -> list[Kept]:
        """Evaluations that remember something."""
        asked = [("v", self._ask_value), *((f"l{k}", each) for k, each in enumerate(self._ask_limits))]
        return [(key, each.expression, each.evaluation) for key, each in asked if each is not None and each.evaluation]

    # -- values -------------------------------------------------------------------------------------------------------

    def value_now(self, now_ns: int) -> Value | None:
        """The value at this moment; `None` where it is not known."""
        if self._ask_value is not None:
            return self._ask_value.read(now_ns)
        return self._plain_value()

    def _plain_value(self) -> Value | None:
        return None if self._thresholds is None else self._shared.inputs.value(self._thresholds.tag)

    def value_as_known(self) -> Value | None:
        """The value at this moment where nothing has to be computed for it, otherwise that of the latest transition."""
        tag = self._tag()
        return self.value if tag is None else self._shared.inputs.value(tag)

    def _tag(self) -> str | None:
        if self._ask_value is not None:
            return self._ask_value.tag
        return None if self._thresholds is None else self._thresholds.tag

    def take(self, level: int, now_ns: int) -> None:
        """Value, limit and unit at a transition; `level`: whose limit."""
        self.value = self.value_now(now_ns)
        if 0 <= level < len(self._spec.levels):
            self.unit = self._spec.levels[level].unit
            self.limit = self._limit(level, now_ns)

    def _limit(self, level: int, now_ns: int) -> float | None:
        asked = self._ask_limits[level]
        if asked is not None:
            return number_of(asked.read(now_ns))
        return self._plain_limit(level)

    def _plain_limit(self, level: int) -> float | None:
        return None if self._thresholds is None else self._thresholds.levels.limits[level]

    # -- the worst ----------------------------------------------------------------------------------------------------

    def start_worst(self, level: int) -> None:
        """A new occurrence: the value of its raise is the worst so far."""
        self.worst = number_of(self.value)
        if self._thresholds is not None:
            self._is_upward = self._thresholds.levels.upward[level]
        elif self.worst is not None and self.limit is not None and self.worst != self.limit:
            self._is_upward = self.worst > self.limit
        else:
            self._is_upward = None

    def follow_worst(self, now_ns: int) -> bool:
        """True where the value now is worse than any of this occurrence."""
        if self._is_upward is None:
            return False
        value = number_of(self.value_now(now_ns))
        if value is None:
            return False
        if self.worst is not None and (value <= self.worst if self._is_upward else value >= self.worst):
            return False
        self.worst = value
        return True

    def narrow(self, band: tuple[float, float], value: float) -> tuple[float, float]:
        """The band without values that would be the worst."""
        low, high = band
        if self._is_upward is None or self.worst is None:
            return band
        return (low, min(high, max(self.worst, value))) if self._is_upward else (max(low, min(self.worst, value)), high)

    def save(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "value": self.value,
            "limit": self.limit,
            "unit": self.unit,
            "message": [self.message.en, self.message.zh],
            "worst": self.worst,
            "upward": self._is_upward,
        }

    def restore(self, saved: Any) -> None:
        """Take that back. Raises KeyError, TypeError or ValueError."""
        en, zh = saved["message"]
        self.value, self.limit, self.unit = saved["value"], saved["limit"], str(saved["unit"])
        self.message = Names(str(en), str(zh))
        self.worst, self._is_upward = saved["worst"], saved["upward"]

    def foresee(self, now_ns: int) -> None:
        """A delay begins: have the results that `preview` cannot compute."""
        for asked in (self._ask_value, *self._ask_limits[:1]):
            if asked is not None and asked.remembers:
                asked.read(now_ns)

    def preview(self, now_ns: int) -> tuple[float | None, Names]:
        """Limit and message of an alarm that would be raised now; nothing is written."""
        levels, limit, unit = self._spec.levels, self.limit, self.unit
        if levels:
            unit = levels[0].unit
            asked = self._ask_limits[0]
            limit = self._plain_limit(0) if asked is None else number_of(asked.look(now_ns))
        value = self._plain_value() if self._ask_value is None else self._ask_value.look(now_ns)
        return limit, self._message(_Facts(value, limit, unit))

    # -- the message --------------------------------------------------------------------------------------------------

    def say(self, lasted_ns: int | None = None) -> None:
        """Fill in the message; `lasted_ns`: it has returned, after so long."""
        self.message = self._message(_Facts(self.value, self.limit, self.unit), lasted_ns)

    def _message(self, facts: _Facts, lasted_ns: int | None = None) -> Names:
        texts = []
        for language in Language:
            text = fill(self._template(language), partial(self._place, facts, language))
            if lasted_ns is not None:
                text += aftermath(self.worst if self._is_upward is not None else None, facts.unit, lasted_ns, language)
            texts.append(text)
        return Names(*texts)

    def _template(self, language: Language) -> str:
        spec = self._spec
        return in_language(spec.message, language) or in_language(spec.names, language) or spec.rule

    def _place(self, facts: _Facts, language: Language, place: str) -> str | None:
        spec = self._spec
        match place:
            case "value":
                reading = None if (tag := self._tag()) is None else self._shared.inputs.reading(tag)
                return value_text(facts.value, None if reading is None else reading.point, language, facts.limit)
            case "limit":
                return "?" if facts.limit is None else number_text(facts.limit)
            case "unit":
                return facts.unit
            case "device":
                return "" if spec.device is None else plain(in_language(spec.device.names, language) or spec.device.id)
            case "enterprise":
                names = self._shared.enterprises.get(spec.enterprise or "", Names())
                return plain(in_language(names, language) or spec.enterprise or "")
        return self._tag_text(place, language)

    def _tag_text(self, place: str, language: Language) -> str | None:
        inputs, device = self._shared.inputs, self._spec.device
        reading = inputs.reading(place)
        if reading is None and device is not None:
            reading = inputs.reading(f"{device.id}.{place}")
        if reading is not None:
            return value_text(reading.value, reading.point, language)
        return "?" if "." in place else None
