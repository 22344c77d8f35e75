"""The functions of the language: how many arguments, of which type and unit, and what they become."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.core.point import PointKind
from rules.expression import nodes
from rules.expression.conditions import CountTrue, Duration, RunningHours
from rules.expression.demand import Demand
from rules.expression.extremes import Extreme
from rules.expression.lexer import Place
from rules.expression.names import nearest
from rules.expression.organ import Organ
from rules.expression.quantities import NUMBER, aligned
from rules.expression.result import ResultType
from rules.expression.scope import Operand
from rules.expression.seen import Absent, Age, QualityBad, Stale
from rules.expression.smooth import Ewma, Prev
from rules.expression.spread import Sigma
from rules.expression.steps import Delta, Rate, Step
from rules.expression.totals import Average, Total
from rules.expression.typed import Applied, Clock, Constant, Converted, Input, Kind, Read, Sampled, Sum, Typed, walk
from rules.expression.units import HOURS, PERCENT, SECONDS, convert, per_second
from rules.expression.wording import part_name

SECOND_NS = 1_000_000_000
MAX_WINDOW_NS = 31 * 86_400 * SECOND_NS
_DAY_NS = 86_400 * SECOND_NS
_BOOLEAN = Kind(ResultType.BOOLEAN)


@dataclass(frozen=True, slots=True)
class _Call:
    """A call with its arguments checked."""

    place: Place
    function: str
    nodes: tuple[nodes.Node, ...]
    arguments: tuple[Typed, ...]


class Calls:
    """Checks calls. `check` is for arguments."""

    def __init__(self, check: Callable[[nodes.Node], Typed], inputs: Sequence[Operand], zone: str) -> None:
        self._check = check
        self._inputs = inputs
        self._zone = zone
        self._table: dict[str, tuple[int, int, str, Callable[[_Call], Typed]]] = {
            "abs": (1, 1, "abs(x)", self._abs),
            "min": (2, 100, "min(a, b) or min(x, 5 min)", self._extreme),
            "max": (2, 100, "max(a, b) or max(x, 5 min)", self._extreme),
            "unbalance": (2, 100, "unbalance(a, b, c)", self._unbalance),
            "avg": (2, 2, "avg(x, 5 min)", self._windowed),
            "sum": (2, 2, "sum(x, 5 min)", self._windowed),
            "sigma": (2, 2, "sigma(x, 1 h)", self._windowed),
            "ewma": (2, 2, "ewma(x, 1 min)", self._windowed),
            "rate": (1, 2, "rate(x) or rate(x, 5 min)", self._rate),
            "delta": (2, 2, "delta(x, 1 h)", self._delta),
            "prev": (1, 1, "prev(x)", self._prev),
            "duration": (1, 1, "duration(condition)", self._condition),
            "running_hours": (1, 1, "running_hours(condition)", self._condition),
            "count_true": (2, 2, "count_true(condition, 1 h)", self._condition),
            "stale": (1, 2, "stale(x) or stale(x, 1 min)", self._stale),
            "absent": (1, 2, "absent(x) or absent(x, 1 min)", self._absent),
            "age": (1, 1, "age(x)", self._seen),
            "quality_bad": (1, 1, "quality_bad(x)", self._seen),
            "hour": (0, 0, "hour()", self._clock),
            "weekday": (0, 0, "weekday()", self._clock),
            "demand": (2, 2, "demand(power, 15 min)", self._demand),
            "demand_forecast": (2, 2, "demand_forecast(power, 15 min)", self._demand),
        }

    def checked(self, node: nodes.Call) -> Typed:
        """What a call becomes. Raises ExpressionError."""
        if node.function not in self._table:
            hint = nearest(node.function, self._table) or "functions: " + " ".join(self._table)
            raise node.place.error(f"no function is called `{node.function}`", hint)
        least, most, form, make = self._table[node.function]
        if not least <= len(node.arguments) <= most:
            count = f"{least}" if least == most else f"{least} to {most}"
            message = (
                f"`{node.function}` takes {count} argument{'' if count == '1' else 's'}, not {len(node.arguments)}"
            )
            raise node.place.error(message, f"write {form}")
        return make(_Call(node.place, node.function, node.arguments, tuple(map(self._check, node.arguments))))

    # -- of present values --------------------------------------------------------------------------------------------

    def _abs(self, call: _Call) -> Typed:
        item = self._typed(call, 0, ResultType.NUMBER)
        return Applied(item.kind, "abs", (item,))

    def _unbalance(self, call: _Call) -> Typed:
        items = [self._typed(call, index, ResultType.NUMBER) for index in range(len(call.arguments))]
        _, items_in_unit = aligned(items, call.place)
        return Applied(Kind(ResultType.NUMBER, PERCENT), "unbalance", items_in_unit)

    def _clock(self, call: _Call) -> Typed:
        return Clock(NUMBER, call.function)

    def _extreme(self, call: _Call) -> Typed:
        """Of several numbers, or over a window where the second of two is a constant duration and the first is none."""
        first, last = call.arguments[0], call.arguments[-1]
        if len(call.arguments) == 2 and _is_duration(last) and isinstance(last, Constant) and not _is_duration(first):
            window_ns = self._window(call, 1)
            return self._read(
                call, self._typed(call, 0, ResultType.NUMBER), Extreme, (window_ns, call.function == "max")
            )
        items = [self._typed(call, index, ResultType.NUMBER) for index in range(len(call.arguments))]
        kind, items_in_unit = aligned(items, call.place)
        return Applied(kind, call.function, items_in_unit)

    # -- of samples ---------------------------------------------------------------------------------------------------

    def _windowed(self, call: _Call) -> Typed:
        makes: dict[str, Callable[[int], Organ]] = {"avg": Average, "sum": Total, "sigma": Sigma, "ewma": Ewma}
        item, window_ns = self._typed(call, 0, ResultType.NUMBER), self._window(call, 1)
        kind = NUMBER if call.function == "sigma" else item.kind
        return self._read(call, item, makes[call.function], (window_ns,), kind, needs_time=call.function != "ewma")

    def _rate(self, call: _Call) -> Typed:
        item = self._typed(call, 0, ResultType.NUMBER)
        kind, is_counter = _kind_per_second(item.kind), self._counts_up(item)
        if len(call.arguments) == 1:
            return self._read(call, item, Step, (is_counter,), kind, needs_time=False)
        return self._read(call, item, Rate, (self._window(call, 1), is_counter), kind)

    def _delta(self, call: _Call) -> Typed:
        item = self._typed(call, 0, ResultType.NUMBER)
        kind = replace(item.kind, is_difference=item.kind.unit is not None and item.kind.unit.has_offset)
        return self._read(call, item, Delta, (self._window(call, 1), self._counts_up(item)), kind)

    def _prev(self, call: _Call) -> Typed:
        item = self._typed(call, 0, call.arguments[0].kind.type)
        return self._read(call, item, Prev, needs_time=False)

    def _demand(self, call: _Call) -> Typed:
        item, window_ns = self._typed(call, 0, ResultType.NUMBER), self._window(call, 1)
        if _DAY_NS % window_ns:
            raise call.nodes[1].place.error("periods of a demand divide the day", "write 15 min, 30 min or 1 h")
        parameters = (window_ns, call.function == "demand_forecast", self._zone)
        return self._read(call, item, Demand, parameters, moves=True, needs_wall=True)

    # -- of conditions ------------------------------------------------------------------------------------------------

    def _condition(self, call: _Call) -> Typed:
        item = self._typed(call, 0, ResultType.BOOLEAN)
        flags = {"is_condition": True, "sees_every_sample": False}
        if call.function == "count_true":
            return self._read(call, item, CountTrue, (self._window(call, 1),), NUMBER, **flags)
        unit, make = (SECONDS, Duration) if call.function == "duration" else (HOURS, RunningHours)
        flags |= {"moves": True, "is_steady": True, "adds_up": make is RunningHours}
        return self._read(call, item, make, (), Kind(ResultType.NUMBER, unit), **flags)

    # -- of one point -------------------------------------------------------------------------------------------------

    def _stale(self, call: _Call) -> Typed:
        item = self._point(call)
        limit_ns = self._window(call, 1) if len(call.arguments) == 2 else int(self._operand(item).stale_after_s * 1e9)
        if limit_ns <= 0:
            message = f"`{self._operand(item).tag}` comes when it comes: nothing says when it is stale"
            raise call.place.error(message, "write the limit: `stale(x, 5 min)`")
        return self._read(call, item, Stale, (limit_ns,), _BOOLEAN)

    def _absent(self, call: _Call) -> Typed:
        window_ns = self._window(call, 1) if len(call.arguments) == 2 else None
        return self._read(call, self._point(call), Absent, (window_ns,), _BOOLEAN, needs_time=window_ns is not None)

    def _seen(self, call: _Call) -> Typed:
        item = self._point(call)
        if call.function == "age":
            return self._read(call, item, Age, (), Kind(ResultType.NUMBER, SECONDS), moves=True, is_steady=True)
        return self._read(call, item, QualityBad, (), _BOOLEAN, needs_time=False, sees_every_sample=False)

    # -- arguments ----------------------------------------------------------------------------------------------------

    def _read(
        self,
        call: _Call,
        item: Typed,
        make: Callable[..., Organ],
        parameters: tuple[Any, ...] = (),
        kind: Kind | None = None,
        **flags: bool,
    ) -> Read:
        """A function that remembers. It needs something that changes."""
        if not any(isinstance(node, Input | Clock) for node in walk(item)):
            raise call.nodes[0].place.error("this never changes", f"name a point: {self._table[call.function][2]}")
        form = "" if flags.get("is_condition") else _form(item.kind)  # samples in another unit are other samples
        name = part_name(call.function, call.nodes, form)
        return Read(kind or item.kind, Sampled(call.function, item, make, parameters, name=name, **flags))

    def _typed(self, call: _Call, index: int, wanted: ResultType) -> Typed:
        """An argument of this type."""
        item, place = call.arguments[index], call.nodes[index].place
        if item.kind.type is not wanted:
            says = {ResultType.BOOLEAN: "a condition", ResultType.NUMBER: "a number", ResultType.TEXT: "a text"}
            message = f"`{call.function}` takes {says[wanted]} here, not {says[item.kind.type]}"
            raise place.error(message, f"write {self._table[call.function][2]}")
        return item

    def _point(self, call: _Call) -> Input:
        item = call.arguments[0]
        if not isinstance(item, Input):
            message = f"`{call.function}` asks about the samples of one point"
            raise call.nodes[0].place.error(message, f"write the name of a point: {self._table[call.function][2]}")
        return item

    def _operand(self, item: Input) -> Operand:
        return self._inputs[item.slot]

    def _window(self, call: _Call, index: int) -> int:
        """A constant duration, in nanoseconds."""
        item, place = call.arguments[index], call.nodes[index].place
        if not isinstance(item, Constant) or not _is_duration(item):
            raise place.error(f"`{call.function}` takes a duration here", f"write {self._table[call.function][2]}")
        unit = item.kind.unit or SECONDS
        seconds = convert(float(item.value), unit, SECONDS)
        if not 0.001 <= seconds <= MAX_WINDOW_NS / 1e9:
            raise place.error("durations are from 1 ms to 31 d", "use a derived point for what lasts longer")
        return round(seconds * 1000) * 1_000_000

    def _counts_up(self, item: Typed) -> bool:
        """True for a counter, in any unit, and for a sum of counters."""
        if isinstance(item, Input):
            return self._operand(item).kind is PointKind.COUNTER
        if isinstance(item, Converted):
            return self._counts_up(item.item)
        return isinstance(item, Sum) and all(is_added and self._counts_up(term) for is_added, term in item.terms)


def _form(kind: Kind) -> str:
    return kind.type.value if kind.unit is None else kind.unit.text


def _is_duration(item: Typed) -> bool:
    return item.kind.unit is not None and item.kind.unit.dimension == SECONDS.dimension


def _kind_per_second(kind: Kind) -> Kind:
    """kWh a second are a power; where nothing is known of the number, nothing is known of its rate."""
    return kind if kind.unit is None else replace(kind, unit=per_second(kind.unit), is_difference=False)
