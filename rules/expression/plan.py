"""What is compiled of an expression once and shared by all its evaluations.

The memory of an evaluation is a list: inputs, steady time, UTC, organs (inner ones first).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gateway.core.quality import Quality
from rules.expression.closures import Compiler
from rules.expression.dues import Due, dues
from rules.expression.localtime import LocalTime
from rules.expression.memory import Closure
from rules.expression.organ import Organ
from rules.expression.scope import Operand
from rules.expression.trust import Trust, trust
from rules.expression.typed import Clock, Input, Read, Sampled, Typed, children, walk


@dataclass(frozen=True, slots=True)
class Feed:
    """How one organ gets what it needs."""

    place: int  # in the memory
    slot: int | None  # it is fed with the samples of this input; None: with what `argument` gives
    argument: Closure
    trust: Trust
    slots: int  # bit mask of the inputs of the argument
    always: bool  # fed at every evaluation: a condition that may change with time alone
    organ: Sampled


class Plan:
    """A checked tree, compiled."""

    __slots__ = ("_local", "_trust", "dues", "feeds", "inputs", "now", "root", "tree", "uses_clock")

    def __init__(self, tree: Typed, inputs: tuple[Operand, ...], zone: str) -> None:
        self.tree = tree
        self.inputs = inputs
        self.now = len(inputs)
        self.uses_clock = any(isinstance(node, Clock) for node in walk(tree))
        found = dict.fromkeys(_organs(tree))
        organs = {organ: self.now + 2 + index for index, organ in enumerate(found)}
        self._local = LocalTime(zone)
        compiler = Compiler(organs, self.now, self._clock)
        self.root = compiler.closure(tree)
        self._trust: Trust | None = None
        self.feeds = tuple(self._feed(organ, place, compiler, organs) for organ, place in organs.items())
        self.dues: tuple[Due, ...] = dues(tree, compiler, organs, self._local)

    @property
    def has_windows(self) -> bool:
        """Every sample matters, not only changes."""
        return any(feed.organ.sees_every_sample for feed in self.feeds)

    @property
    def needs_time(self) -> bool:
        """The result may change without a sample."""
        return self.uses_clock or any(feed.organ.needs_time for feed in self.feeds)

    @property
    def accumulates(self) -> bool:
        """Something is added up for ever."""
        return any(feed.organ.adds_up for feed in self.feeds)

    def fresh_memory(self) -> list[Any]:
        """The memory of a new evaluation."""
        organs: list[Organ] = [feed.organ.fresh() for feed in self.feeds]
        return [*(None for _ in self.inputs), 0, None, *organs]

    def trust(self, memory: list[Any], qualities: list[Quality]) -> Quality:
        """The worst quality of what decides the result."""
        if self._trust is None:  # on demand: few expressions are ever asked
            places = {feed.organ: feed.place for feed in self.feeds}
            self._trust = trust(self.tree, Compiler(places, self.now, self._clock), places, self.now)
        return Quality(self._trust(memory, qualities))

    def _clock(self, part: str) -> Closure:
        return self._local.closure(part, self.now + 1)

    def _feed(self, organ: Sampled, place: int, compiler: Compiler, organs: dict[Sampled, int]) -> Feed:
        below = list(walk(organ.argument))
        depends_on_time = any(
            isinstance(node, Clock) or (isinstance(node, Read) and node.organ.needs_time) for node in below
        )
        return Feed(
            place,
            organ.argument.slot if isinstance(organ.argument, Input) and not organ.is_condition else None,
            compiler.closure(organ.argument),
            trust(organ.argument, compiler, organs, self.now),
            sum({1 << node.slot for node in below if isinstance(node, Input)}),
            organ.is_condition and depends_on_time,
            organ,
        )


def _organs(node: Typed) -> Iterator[Sampled]:
    """The organs of a tree, inner ones first."""
    if isinstance(node, Read):
        yield from _organs(node.organ.argument)
        yield node.organ
    for child in children(node):
        yield from _organs(child)
