"""Batches of counters to exact readings of the meters that are accounted."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from gateway.core.batch import Batch, Block
from gateway.core.point import Value
from gateway.core.quality import Quality
from rules.energy.reading import Reading

_AGELESS = Quality.UNCERTAIN_RETAINED  # of no known time: it can decide nothing
_BLOCKS = 2048  # remembered; a decoded chunk brings blocks of its own


class ReadingPicker:
    """Finds the positions of meters in a block once, and then takes their readings out of each batch."""

    def __init__(self, renamed: Mapping[str, str]) -> None:
        self._renamed = renamed  # former tag -> tag: what the outbox holds may be older than the configuration
        self._meters: frozenset[str] = frozenset()
        self._places: dict[Block, tuple[tuple[int, str], ...]] = {}

    def watch(self, tags: Iterator[str]) -> None:
        """These are the meters."""
        self._meters = frozenset(tags)
        self._places.clear()

    def readings(self, batch: Batch) -> Iterator[tuple[str, Reading]]:
        """Tag and reading of each meter in the batch that says something."""
        for position, tag in self._places_of(batch.block):
            if batch.present is None or batch.present >> position & 1:
                quality = Quality.GOOD if batch.quality is None else batch.quality[position]
                reading = reading_of(batch.time_ns, batch.values[position], quality)
                if reading is not None:
                    yield tag, reading

    def _places_of(self, block: Block) -> tuple[tuple[int, str], ...]:
        places = self._places.get(block)
        if places is None:
            if len(self._places) >= _BLOCKS:
                self._places.clear()
            tags = (f"{block.device.id}.{point.name}" for point in block.points)
            named = ((position, self._renamed.get(tag, tag)) for position, tag in enumerate(tags))
            places = self._places[block] = tuple(place for place in named if place[1] in self._meters)
        return places


def reading_of(time_ns: int, value: Value | None, quality: Quality) -> Reading | None:
    """The reading as the shortest text of the value says it; `None` for what is no statement about a register."""
    if quality.is_bad or quality is _AGELESS or value is None or isinstance(value, bool | str):
        return None
    number = Decimal(value) if isinstance(value, int) else Decimal(repr(value))
    return Reading(time_ns, number, quality is not Quality.GOOD) if number.is_finite() else None
