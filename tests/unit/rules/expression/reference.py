"""A slow interpreter of expressions: a tree, and everything that was ever pushed. Windows are counted anew each time.

It shares no code with the compiler: trees are made by the strategies here, not by its parser. Units are left out:
durations are divided by one unit. A tree is a tuple: what it is, then its parts.
"""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

S = 1_000_000_000
MS = 1_000_000
Tree = tuple[Any, ...]
NUMBERS, TRUTHS = ("a", "b", "n", "c"), ("on", "off")
STALE_NS = 20 * MS
_RANKS = {
    "if": 0, "or": 1, "and": 2, "not": 3, "<": 4, "<=": 4, ">": 4, ">=": 4, "==": 4, "!=": 4, "chain": 4,
    "+": 5, "-": 5, "*": 6, "/": 6, "%": 6, "neg": 7,
}  # fmt: skip
_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "%": operator.mod,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip


# -- text -------------------------------------------------------------------------------------------------------------


def text_of(tree: Tree) -> str:
    """As a person would write it, with no more parentheses than needed."""
    kind, *parts = tree
    match kind:
        case "number":
            return repr(parts[0]) if parts[0] >= 0 else f"({parts[0]!r})"
        case "point":
            return str(parts[0])
        case "truth":
            return "true" if parts[0] else "false"
        case "if":
            return f"{_inside(parts[1], 1)} if {_inside(parts[0], 1)} else {_inside(parts[2], 0)}"
        case "not":
            return f"not {_inside(parts[0], 3)}"
        case "neg":
            return f"-{_inside(parts[0], 7)}"
        case "chain":
            return f"{_inside(parts[0], 5)} < {_inside(parts[1], 5)} <= {_inside(parts[2], 5)}"
        case "call":
            name, unit, *arguments = parts
            return f"{name}({', '.join(map(_argument, arguments))}){unit}"
        case _:
            rank = _RANKS[kind] + (kind in ("<", "<=", ">", ">=", "==", "!="))
            return f"{_inside(parts[0], rank)} {kind} {_inside(parts[1], _RANKS[kind] + 1)}"


def _inside(tree: Tree, rank: int) -> str:
    text = text_of(tree)
    own = 6 if tree[0] == "call" and tree[2] else _RANKS.get(tree[0], 9)
    return text if own >= rank else f"({text})"


def _argument(argument: Any) -> str:
    return f"{argument} ms" if isinstance(argument, int) else text_of(argument)


# -- values -----------------------------------------------------------------------------------------------------------


@dataclass
class World:
    """Everything that happened: pushes and evaluations, in their order."""

    pushes: list[tuple[str, Any, int, int]] = field(default_factory=list)  # name, value, time, number of the event
    moments: list[tuple[int, frozenset[str], int]] = field(default_factory=list)  # time, points touched, after event
    evaluations: list[tuple[int, int]] = field(default_factory=list)  # time, after event
    events: int = 0
    newest_ns: int = 0
    touched: frozenset[str] = frozenset()

    def push(self, name: str, value: Any, time_ns: int) -> None:
        """A sample."""
        if time_ns > self.newest_ns:
            self._close()
            self.newest_ns = time_ns
        self.events += 1
        self.pushes.append((name, value, self.newest_ns, self.events))
        self.touched |= {name}

    def evaluate(self, tree: Tree, now_ns: int) -> Any:
        """The value of a tree at this moment."""
        self._close()
        self.newest_ns = max(self.newest_ns, now_ns)
        self.events += 1
        self.evaluations.append((self.newest_ns, self.events))
        return self.value(tree, self.newest_ns, self.events)

    def _close(self) -> None:
        if self.touched:
            self.moments.append((self.newest_ns, self.touched, self.events))
        self.touched = frozenset()

    def value(self, tree: Tree, now_ns: int, event: int) -> Any:
        """The value at a time, of what had happened up to an event."""
        kind, *parts = tree
        match kind:
            case "number" | "truth":
                return parts[0]
            case "point":
                return next(
                    (value for name, value, _, at in reversed(self.pushes) if name == parts[0] and at <= event), None
                )
            case "and" | "or":
                left, right = (self.value(part, now_ns, event) for part in parts)
                decides = kind == "or"
                if decides in (left, right):
                    return decides
                return None if None in (left, right) else not decides
            case "not":
                value = self.value(parts[0], now_ns, event)
                return None if value is None else not value
            case "if":
                condition = self.value(parts[0], now_ns, event)
                return None if condition is None else self.value(parts[1 if condition else 2], now_ns, event)
            case "chain":
                one, two, three = parts
                return self.value(("and", ("<", one, two), ("<=", two, three)), now_ns, event)
            case "call":
                return self._call(parts[0], parts[2:], now_ns, event)
            case _:
                return _operation(kind, [self.value(part, now_ns, event) for part in parts])

    def _call(self, name: str, arguments: list[Any], now_ns: int, event: int) -> Any:
        if name in ("stale", "absent", "age", "quality_bad"):
            return self._seen(name, arguments, now_ns, event)
        if name in ("duration", "count_true", "running_hours"):
            return self._condition(name, arguments, now_ns, event)
        if name in ("abs", "min", "max", "unbalance") and not isinstance(arguments[-1], int):
            return _function(name, [self.value(argument, now_ns, event) for argument in arguments])
        samples = self.samples(arguments[0], event)
        if name == "prev":
            return _previous(samples)
        if name == "rate" and len(arguments) == 1:
            return _step(samples, arguments[0] == ("point", "c"))
        if name == "ewma":
            return _ewma(samples, arguments[1] * MS)
        start_ns = now_ns - arguments[1] * MS
        inside = [(at, value) for at, value in samples if at > start_ns and value is not None]
        return _window(name, inside, arguments[0] == ("point", "c"))

    def samples(self, tree: Tree, event: int) -> list[tuple[int, Any]]:
        """Of a point: its samples. Of anything longer: what it was after each instant with one of its inputs."""
        if tree[0] == "point":
            return [(at, value) for name, value, at, number in self.pushes if name == tree[1] and number <= event]
        names = set(_names(tree))
        moments = [(at, number) for at, touched, number in self.moments if touched & names and number <= event]
        return [(at, self.value(tree, at, number)) for at, number in moments]

    def _condition(self, name: str, arguments: list[Any], now_ns: int, event: int) -> Any:
        tree = arguments[0]
        names = set(_names(tree))
        looks = [(at, number) for at, touched, number in self.moments if touched & names and number <= event]
        looks += [(at, number) for at, number in self.evaluations if number <= event]
        looks.sort(key=lambda look: look[1])
        states = [(at, self.value(tree, at, number)) for at, number in looks]
        if name == "count_true":
            known = [(at, value) for at, value in states if value is not None]
            rises = [at for (_, before), (at, value) in pairwise(known) if value and not before]
            return sum(at > now_ns - arguments[1] * MS for at in rises) if known else None
        if name == "duration":
            since_ns = None
            for at, value in states:
                since_ns = (at if since_ns is None else since_ns) if value else None
            state = states[-1][1] if states else None
            return None if state is None else (now_ns - since_ns) / S if since_ns is not None else 0.0
        ends = [at for at, _ in states[1:]] + [now_ns]
        total_ns = sum(end - at for (at, value), end in zip(states, ends, strict=True) if value) if states else 0
        return total_ns / (3600 * S) if any(value is not None for _, value in states) else None

    def _seen(self, name: str, arguments: list[Any], now_ns: int, event: int) -> Any:
        samples = self.samples(arguments[0], event)
        if name == "quality_bad":
            return samples[-1][1] is None if samples else None
        known = [at for at, value in samples if value is not None]
        if name == "age":
            return (now_ns - known[-1]) / S if known else None
        if name == "stale":
            limit_ns = arguments[1] * MS if len(arguments) > 1 else STALE_NS
            return bool(known) and now_ns - known[-1] > limit_ns
        return not known or (len(arguments) > 1 and known[-1] <= now_ns - arguments[1] * MS)


def _names(tree: Any) -> list[str]:
    if not isinstance(tree, tuple):
        return []
    return [tree[1]] if tree[0] == "point" else [name for part in tree[1:] for name in _names(part)]


def _operation(kind: str, values: list[Any]) -> Any:
    if None in values:
        return None
    try:
        result = -values[0] if kind == "neg" else _OPERATIONS[kind](values[0], values[-1])
    except ZeroDivisionError:
        return None
    return result if math.isfinite(result) else None


def _function(name: str, values: list[Any]) -> Any:
    if None in values:
        return None
    if name != "unbalance":
        return {"abs": lambda: abs(values[0]), "min": lambda: min(values), "max": lambda: max(values)}[name]()
    mean = math.fsum(values) / len(values)
    return None if mean == 0 else 100 * max(abs(value - mean) for value in values) / abs(mean)


def _previous(samples: list[tuple[int, Any]]) -> Any:
    known = [value for _, value in samples if value is not None]
    return known[-2] if len(known) > 1 and samples[-1][1] is not None else None


def _step(samples: list[tuple[int, Any]], is_counter: bool) -> Any:
    known = [(at, value) for at, value in samples if value is not None]
    if len(known) < 2 or samples[-1][1] is None:
        return None
    (before_ns, before), (at, value) = known[-2:]
    if at == before_ns or (is_counter and value < before):
        return None
    return (value - before) * S / (at - before_ns)


def _ewma(samples: list[tuple[int, Any]], tau_ns: int) -> Any:
    known = [(at, value) for at, value in samples if value is not None]
    if not known or samples[-1][1] is None:
        return None
    average, before_ns = float(known[0][1]), known[0][0]
    for at, value in known[1:]:
        average += (1 - math.exp(-(at - before_ns) / tau_ns)) * (value - average)
        before_ns = at
    return average


def _window(name: str, inside: list[tuple[int, Any]], is_counter: bool) -> Any:
    values = [value for _, value in inside]
    if not values:
        return None
    if name in ("min", "max", "sum"):
        return {"min": min, "max": max, "sum": sum}[name](values)
    mean = sum(values) / len(values)
    if name == "avg":
        return mean
    if len(values) < 2:
        return None
    if name == "sigma":
        deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))
        return abs(values[-1] - mean) / deviation if min(values) < max(values) else 0.0
    pairs = [(at - was, value - before) for (was, before), (at, value) in pairwise(inside)]
    kept = [(time_ns, step) for time_ns, step in pairs if not (is_counter and step < 0)]
    time_ns, amount = sum(at for at, _ in kept), sum(step for _, step in kept)
    if time_ns == 0:
        return None
    return amount if name == "delta" else amount * S / time_ns


# -- strategies -------------------------------------------------------------------------------------------------------

_literals = st.sampled_from([("number", value) for value in (0, 1, 2, 3, 7, 0.5, 2.3717, 11.013, -3)])
_points = st.sampled_from([("point", name) for name in NUMBERS])
_switches = st.sampled_from([("point", name) for name in TRUTHS])
_windows = st.sampled_from([1, 3, 7, 20, 35])
COMPARISONS = ("<", "<=", ">", ">=")


def _call(name: str, *arguments: st.SearchStrategy[Any], unit: str = "") -> st.SearchStrategy[Tree]:
    return st.tuples(st.just("call"), st.just(name), st.just(unit), *arguments)


def numbers(depth: int) -> st.SearchStrategy[Tree]:
    """Trees that give numbers."""
    if depth == 0:
        return st.one_of(_points, _literals)
    part, condition = numbers(depth - 1), conditions(depth - 1)
    changing = st.one_of(_points, st.tuples(st.sampled_from("+-*"), _points, part))
    windowed = [
        _call(name, changing, _windows) for name in ("avg", "sum", "min", "max", "sigma", "delta", "rate", "ewma")
    ]
    living = st.one_of(_switches, st.tuples(st.sampled_from(COMPARISONS), _points, part))
    return st.one_of(
        part,
        st.tuples(st.sampled_from("+-*/%"), part, part),
        st.tuples(st.just("neg"), _points),
        st.tuples(st.just("if"), condition, part, part),
        _call("abs", part),
        _call("unbalance", part, part, part, unit=" / 1 %"),
        st.one_of(_call("min", part, part), _call("max", part, part, part)),
        *windowed,
        st.one_of(_call("prev", changing), _call("rate", changing)),
        _call("age", _points, unit=" / 1 s"),
        _call("duration", living, unit=" / 1 s"),
        _call("duration", _call("stale", _points), unit=" / 1 s"),
        _call("running_hours", living, unit=" / 1 h"),
        _call("count_true", living, _windows),
    )


def conditions(depth: int) -> st.SearchStrategy[Tree]:
    """Trees that give true or false."""
    if depth == 0:
        return st.one_of(_switches, st.sampled_from([("truth", True), ("truth", False)]))
    part, number = conditions(depth - 1), numbers(depth - 1)
    return st.one_of(
        part,
        st.tuples(st.sampled_from((*COMPARISONS, "==", "!=")), number, number),
        st.tuples(st.just("chain"), number, number, number),
        st.tuples(st.sampled_from(("and", "or")), part, part),
        st.tuples(st.just("not"), part),
        st.tuples(st.just("if"), part, part, part),
        st.one_of(_call("stale", _points), _call("stale", _points, _windows)),
        st.one_of(_call("absent", _points), _call("absent", _points, _windows)),
        _call("quality_bad", _points),
    )


_values = st.one_of(st.integers(-9, 9), st.integers(0, 9), st.sampled_from([0.5, -2.25]), st.none())
_sample = st.one_of(
    st.tuples(st.sampled_from(NUMBERS), _values),
    st.tuples(st.sampled_from(TRUTHS), st.sampled_from([True, False, None])),
)
histories = st.lists(  # milliseconds that pass, samples of one instant, whether it is evaluated then
    st.tuples(st.integers(0, 12), st.lists(_sample, max_size=4), st.booleans()), min_size=1, max_size=25
)
