"""The worst quality of what decided a result: closures beside those of the values, made for who asks."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from gateway.core.quality import Quality
from rules.expression.closures import Compiler
from rules.expression.logic import COMPARISONS
from rules.expression.typed import Chosen, Clock, Constant, Input, Joined, Ordered, Read, Sampled, Typed, children

Trust = Callable[[list[Any], list[Quality]], int]


def trust(node: Typed, compiler: Compiler, organs: dict[Sampled, int], now: int) -> Trust:
    """The closure of a node: memory and the inputs' qualities in, a quality out."""
    match node:
        case Constant() | Clock():
            return _good
        case Input():
            return _of_input(node.slot)
        case Read():
            return _of_organ(organs[node.organ], now)
        case Joined():
            items = [(compiler.closure(item), trust(item, compiler, organs, now)) for item in node.items]
            return _of_joined(items, decides=node.operator == "or")
        case Ordered():
            items = [(compiler.closure(item), trust(item, compiler, organs, now)) for item in node.items]
            return _of_ordered([COMPARISONS[name] for name in node.operators], items)
        case Chosen():
            parts = (node.condition, node.yes, node.no)
            condition, yes, no = (trust(part, compiler, organs, now) for part in parts)
            return _of_chosen(compiler.closure(node.condition), condition, yes, no)
        case _:
            below = [trust(child, compiler, organs, now) for child in children(node)]
            return below[0] if len(below) == 1 else _worst(below)


def _good(memory: list[Any], qualities: list[Quality]) -> int:
    return Quality.GOOD


def _of_input(slot: int) -> Trust:
    def quality(memory: list[Any], qualities: list[Quality]) -> int:
        found = qualities[slot]
        return Quality.BAD_NOT_A_NUMBER if memory[slot] is None and found < Quality.BAD_TIMEOUT else found

    return quality


def _of_organ(place: int, now: int) -> Trust:
    def quality(memory: list[Any], qualities: list[Quality]) -> int:
        organ, now_ns = memory[place], memory[now]
        return Quality.BAD_NOT_AVAILABLE if organ.value(now_ns) is None else organ.quality(now_ns)

    return quality


def _worst(items: list[Trust]) -> Trust:
    return lambda memory, qualities: max(item(memory, qualities) for item in items)


def _of_joined(items: list[tuple[Any, Trust]], *, decides: bool) -> Trust:
    """One operand that decides is enough: the best of those. Without one all of them count."""

    def quality(memory: list[Any], qualities: list[Quality]) -> int:
        deciding = [item(memory, qualities) for value, item in items if value(memory) is decides]
        return min(deciding) if deciding else max(item(memory, qualities) for _, item in items)

    return quality


def _of_ordered(compare: list[Any], items: list[tuple[Any, Trust]]) -> Trust:
    """One comparison that is false is enough; otherwise all items count."""

    def quality(memory: list[Any], qualities: list[Quality]) -> int:
        values = [value(memory) for value, _ in items]
        found = [item(memory, qualities) for _, item in items]
        pairs = zip(compare, pairwise(values), pairwise(found), strict=True)
        deciding = [max(worst) for holds, pair, worst in pairs if None not in pair and not holds(*pair)]
        return min(deciding) if deciding else max(found)

    return quality


def _of_chosen(is_true: Any, condition: Trust, yes: Trust, no: Trust) -> Trust:
    def quality(memory: list[Any], qualities: list[Quality]) -> int:
        decided = is_true(memory)
        if decided is None:
            return condition(memory, qualities)
        return max(condition(memory, qualities), (yes if decided else no)(memory, qualities))

    return quality
