"""Report by exception: of a batch, pass on what left its band, changed its quality, or is due by heartbeat."""

from operator import ge, le

from gateway.core.batch import Batch, Block
from gateway.core.point import Deadband, Value
from gateway.core.quality import Quality

_NEVER = float("inf")


class DeadbandFilter:
    """The last sent values of one block. Points without a deadband always pass."""

    __slots__ = (
        "_bands",
        "_due_ns",
        "_first_due_ns",
        "_heartbeats_ns",
        "_highs",
        "_last_sent_ns",
        "_lows",
        "_numeric",
        "_quality",
    )

    def __init__(self, block: Block) -> None:
        size = len(block.points)
        self._bands: tuple[Deadband | None, ...] = tuple(point.deadband for point in block.points)
        self._lows: list[Value] = [_NEVER] * size  # nothing lies inside an empty band: the first value passes
        self._highs: list[Value] = [-_NEVER] * size
        self._heartbeats_ns = [int(band.heartbeat_s * 1e9) if band else 0 for band in self._bands]
        self._due_ns = [0] * size
        self._first_due_ns = 0
        self._last_sent_ns = 0  # a batch before that is of a clock that was set back: when it is due means nothing
        self._quality: list[Quality] = [Quality.GOOD] * size
        self._numeric = all(band is not None for band in self._bands)

    def apply(self, batch: Batch) -> Batch | None:
        """The batch with a `present` mask of what is to be sent; the same batch where all is; `None` where nothing."""
        if self._numeric and self._is_quiet(batch):
            return None
        mask = 0
        qualities = batch.quality or (Quality.GOOD,) * len(batch.values)
        for i, (value, quality) in enumerate(zip(batch.values, qualities, strict=True)):
            if batch.present is not None and not batch.present >> i & 1:
                continue
            if self._must_send(i, value, quality, batch.time_ns):
                mask |= 1 << i
        if mask == 0:
            return None
        self._first_due_ns = min(self._due_ns)
        self._last_sent_ns = batch.time_ns
        return batch if mask == (1 << len(batch.values)) - 1 else _only(batch, mask)

    def _is_quiet(self, batch: Batch) -> bool:
        """True where every value is good, as before, inside its band and no heartbeat is due: one pass in C."""
        if batch.quality is not None or batch.present is not None:
            return False
        if not self._last_sent_ns <= batch.time_ns < self._first_due_ns:
            return False
        try:
            return (
                all(map(le, self._lows, batch.values))  # type: ignore[arg-type]
                and all(map(ge, self._highs, batch.values))  # type: ignore[arg-type]
                and not any(self._quality)
            )
        except TypeError:
            return False

    def _must_send(self, i: int, value: Value | None, quality: Quality, time_ns: int) -> bool:
        band = self._bands[i]
        if band is None:
            return True
        due_ns, heartbeat_ns = self._due_ns[i], self._heartbeats_ns[i]
        if quality == self._quality[i] and due_ns - heartbeat_ns <= time_ns < due_ns and self._is_inside(i, value):
            return False
        self._quality[i] = quality
        self._due_ns[i] = time_ns + heartbeat_ns
        self._lows[i], self._highs[i] = _band_around(value, band)
        return True

    def _is_inside(self, i: int, value: Value | None) -> bool:
        if value is None:
            return True  # still bad for the same reason
        low, high = self._lows[i], self._highs[i]
        if isinstance(value, str) or isinstance(low, str):
            return value == low
        return low <= value <= high  # type: ignore[operator]


def _only(batch: Batch, mask: int) -> Batch:
    """The batch with these positions present; the others hold `None` and mean nothing."""
    values = tuple(value if mask >> i & 1 else None for i, value in enumerate(batch.values))
    quality = batch.quality
    if quality is not None:
        quality = tuple(q if mask >> i & 1 else Quality.GOOD for i, q in enumerate(quality))
    return Batch(batch.block, values, batch.time_ns, quality if quality and any(quality) else None, mask)


def _band_around(value: Value | None, band: Deadband) -> tuple[Value, Value]:
    if value is None:
        return _NEVER, -_NEVER
    if isinstance(value, str | bool):
        return value, value
    width = max(band.absolute, abs(value) * band.percent / 100.0)
    return value - width, value + width
