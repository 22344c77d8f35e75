"""A point's course in buckets, put together from several places: memory, day files, roll-ups. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

QUARTER_NS = 900_000_000_000  # a roll-up's bucket: 15 minutes


@dataclass(frozen=True, slots=True)
class Bucket:
    """Aggregates that can be merged. Only values that are not bad count."""

    time_ns: int  # where it begins: a multiple of the step
    minimum: float
    total: float
    maximum: float
    count: int
    last: float
    last_ns: int  # time of `last`


@dataclass(frozen=True, slots=True)
class Trend:
    """A point's course, as columns of one length. Buckets without values are absent."""

    time_ns: tuple[int, ...]
    minimum: tuple[float, ...]
    mean: tuple[float, ...]
    maximum: tuple[float, ...]
    last: tuple[float, ...]
    count: tuple[int, ...]
    is_truncated: bool = False  # there were more buckets than the limit

    @classmethod
    def of(cls, buckets: Iterable[Bucket], limit: int) -> "Trend":
        """The columns of buckets that may overlap in time, the first `limit` of them."""
        merged = merge(buckets)
        kept = merged[:limit]
        return cls(
            tuple(bucket.time_ns for bucket in kept),
            tuple(bucket.minimum for bucket in kept),
            tuple(bucket.total / bucket.count for bucket in kept),
            tuple(bucket.maximum for bucket in kept),
            tuple(bucket.last for bucket in kept),
            tuple(bucket.count for bucket in kept),
            len(merged) > limit,
        )


def merge(buckets: Iterable[Bucket]) -> list[Bucket]:
    """One bucket per time, in order of time."""
    ordered = sorted(buckets, key=lambda bucket: bucket.time_ns)
    return [_joined(tuple(same)) for _, same in groupby(ordered, key=lambda bucket: bucket.time_ns)]


def _joined(parts: tuple[Bucket, ...]) -> Bucket:
    if len(parts) == 1:
        return parts[0]
    newest = max(parts, key=lambda bucket: bucket.last_ns)
    return Bucket(
        newest.time_ns,
        min(bucket.minimum for bucket in parts),
        sum(bucket.total for bucket in parts),
        max(bucket.maximum for bucket in parts),
        sum(bucket.count for bucket in parts),
        newest.last,
        newest.last_ns,
    )
