"""What the API asks of a local history, whichever driver keeps it. Points are given by their integer id."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from gateway.core.ownership import Bounds
from gateway.core.point import Value


class Format(StrEnum):
    """What a file of samples can be."""

    CSV = "csv"
    PARQUET = "parquet"


Progress = Callable[[int, int], None]
"""Called on the loop after every part of an export: parts done, parts in all."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What to export: points by tag, from `bounds[0]` to before `bounds[1]` (UTC nanoseconds), where to and how.

    `within`: of these tags only what lies in one of these times, which do not overlap.
    """

    points: Mapping[str, int]
    bounds: tuple[int, int]
    path: Path
    form: Format
    within: Mapping[str, Sequence[Bounds]] = field(default_factory=dict)


class Course(Protocol):
    """A point's course in buckets, as columns of one length; buckets without values are absent."""

    @property
    def time_ns(self) -> Sequence[int]: ...
    @property
    def minimum(self) -> Sequence[float]: ...
    @property
    def mean(self) -> Sequence[float]: ...
    @property
    def maximum(self) -> Sequence[float]: ...
    @property
    def last(self) -> Sequence[float]: ...
    @property
    def count(self) -> Sequence[int]: ...
    @property
    def is_truncated(self) -> bool: ...


class RawSamples(Protocol):
    """Samples in order of time: (UTC nanoseconds, value, number of its `Quality`)."""

    @property
    def rows(self) -> Sequence[tuple[int, Value | None, int]]: ...
    @property
    def is_truncated(self) -> bool: ...


class History(Protocol):
    """The query side of a local history. Every method raises `Unavailable` where it takes too long."""

    async def trend(
        self, point_id: int, from_ns: int, to_ns: int, step_ns: int, limit: int, *, is_exact: bool = False
    ) -> Course:
        """Buckets of `step_ns` from `from_ns` up to before `to_ns` (UTC), the first `limit`.

        `is_exact`: nothing of what lies outside is in the first or the last one; what cannot be told apart is left out.
        """
        ...

    async def raw(self, point_id: int, from_ns: int, to_ns: int, limit: int) -> RawSamples:
        """The first `limit` samples from `from_ns` up to before `to_ns`, bad ones included."""
        ...

    async def export(self, wish: Wish, progress: Progress | None = None) -> object:
        """Write what is wished to a new file. Raises `Unavailable`; then there is none."""
        ...
