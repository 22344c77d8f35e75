"""Balances of finished intervals as computed points of the upper meter's device: sinks, page and rules see them."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from gateway.accounts.books import Books
from gateway.accounts.energy.balances import Reconciled, parents, reconcile
from gateway.config.accountplan import Direction
from gateway.core.batch import Batch, Block
from gateway.core.device import Device
from gateway.core.point import Point
from gateway.core.quality import Quality
from gateway.rulebook.balance import BALANCE_POINTS, SHARE_POINTS
from rules.energy.quantity import IntervalQuantity

_KEPT = 8  # intervals of each meter
_NEWS = 2  # intervals: an older one is no news to anybody


class BalancePoints:
    """Waits for the intervals of a meter and of those under it, and publishes what is between them."""

    def __init__(self, books: Books, devices: Mapping[str, Device]) -> None:
        self._books = books
        self._interval_ns = books.interval_s * 1_000_000_000
        self._tree = _one_per_device(books, devices)
        self._blocks = {
            parent: Block(
                devices[books.meters[parent].device],
                BALANCE_POINTS if books.meters[parent].is_complete else SHARE_POINTS,
                float(books.interval_s),
                is_computed=True,
            )
            for parent in self._tree
        }
        self._recent: dict[str, dict[int, tuple[int, Decimal | None]]] = {
            tag: {} for parent, children in self._tree.items() for tag in (parent, *children)
        }
        self._told: dict[str, int] = dict.fromkeys(self._tree, 0)  # start of the newest interval
        self._accept: Callable[[Batch], object] = lambda batch: None

    @property
    def blocks(self) -> Sequence[Block]:
        """What is published."""
        return list(self._blocks.values())

    def points(self) -> dict[str, dict[str, Point]]:
        """The points by device and name."""
        return {block.device.id: {point.name: point for point in block.points} for block in self._blocks.values()}

    def connect(self, accept: Callable[[Batch], object]) -> None:
        """Let them go the way of every batch."""
        self._accept = accept

    def take(self, stored: Mapping[str, Sequence[IntervalQuantity]]) -> None:
        """These intervals were stored."""
        for tag, found in stored.items():
            recent = self._recent.get(tag)
            if recent is not None:
                unit = self._books.meters[tag].spec.accounted_unit
                recent |= {
                    one.span.start_ns: (one.span.end_ns, one.quantity if one.unit == unit else None) for one in found
                }
                for start in sorted(recent)[:-_KEPT]:
                    del recent[start]

    def publish(self, now_ns: int) -> None:
        """Publish the intervals of which every meter is in; after another interval also those of which one is not."""
        for parent, children in self._tree.items():
            for start, (end, _) in sorted(self._recent[parent].items()):
                is_news = start > self._told[parent] and end > now_ns - _NEWS * self._interval_ns
                is_whole = all(start in self._recent[child] for child in children)
                if is_news and (is_whole or now_ns >= end + self._interval_ns):
                    self._told[parent] = start
                    self._accept(self._batch(parent, children, start, end))

    def _batch(self, parent: str, children: tuple[str, ...], start: int, end: int) -> Batch:
        quantities = {tag: self._recent[tag].get(start, (0, None))[1] for tag in (parent, *children)}
        block = self._blocks[parent]
        values = _values(reconcile(self._books, parent, children, quantities))[: len(block.points)]
        quality = tuple(Quality.BAD_NOT_AVAILABLE if value is None else Quality.GOOD for value in values)
        return Batch(block, values, end, quality if any(quality) else None)


def _values(found: Reconciled) -> tuple[float | None, ...]:
    """Floats, for display and rules; the account keeps the exact numbers."""
    result, limit = found.result, found.limit_percent
    if result.supplied and result.uncertainty is not None:
        limit = max(limit, result.uncertainty * 100 / abs(result.supplied))
    return tuple(None if one is None else float(one) for one in (result.unexplained, result.percent, limit))


def _one_per_device(books: Books, devices: Mapping[str, Device]) -> dict[str, tuple[str, ...]]:
    """The upper meters; of a device with several the one that imports, of these the first."""
    found: dict[str, str] = {}
    tree = parents(books)
    for parent in sorted(tree, key=lambda tag: (books.meters[tag].direction is not Direction.IMPORT, tag)):
        meter = books.meters[parent]
        if meter.device in devices and meter.spec.accounted_unit == "kWh":
            found.setdefault(meter.device, parent)
    return {parent: tree[parent] for parent in sorted(found.values())}
