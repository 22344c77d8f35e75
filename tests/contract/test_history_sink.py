"""The local history keeps the contract of a sink."""

from pathlib import Path

import pytest

from drivers.history.query import HistoryReader, open_reader
from drivers.history.sink import HistorySink
from gateway.core.errors import Unavailable
from gateway.core.point import Value
from gateway.core.ports import Sink
from tests.contract.sink_suite import ENERGY, POWERS, STATES, T0_NS, Key, Shore, SinkSuite, batch, chunk, deliver
from tests.integration.history.park import ManualClock, make_sink

FOREVER = (0, 2**62)


class HistoryShore:
    """A folder. It fails by being replaced by a file."""

    keeps_text = True
    can_fail = True

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._sink: HistorySink | None = None

    async def open(self) -> Sink:
        self._sink = make_sink(self._directory, ManualClock(T0_NS))
        return self._sink

    async def stored(self) -> dict[Key, Value]:
        return {key: value for key, (value, _) in (await self.samples()).items() if value is not None}

    async def samples(self) -> dict[Key, tuple[Value | None, int]]:
        """Bad samples too."""
        try:
            reader = await open_reader(self._directory / "history")
        except Unavailable:  # in use by the sink: ask that
            assert self._sink is not None
            return await self._read(self._sink.reader)
        try:
            return await self._read(reader)
        finally:
            await reader.close()

    async def _read(self, reader: HistoryReader) -> dict[Key, tuple[Value | None, int]]:
        return {
            (block.device.id, point.name, time_ns): (value, quality)
            for block in (POWERS, ENERGY, STATES)
            for point_id, point in zip(block.ids, block.points, strict=True)
            for time_ns, value, quality in (await reader.raw(point_id, *FOREVER)).rows
        }

    async def fail(self) -> None:
        folder = self._directory / "history"
        if folder.exists():
            folder.rename(self._directory / "away")
        folder.write_text("in the way")

    async def repair(self) -> None:
        folder = self._directory / "history"
        folder.unlink()
        if (self._directory / "away").exists():
            (self._directory / "away").rename(folder)


class TestHistorySink(SinkSuite):
    @pytest.fixture
    def shore(self, tmp_path: Path) -> Shore:
        return HistoryShore(tmp_path)

    async def test_every_sample_is_stored_refused_or_counted(self, shore: Shore, sink: Sink) -> None:
        """Bad samples have a form here: a row without a value that says why."""
        assert isinstance(shore, HistoryShore)
        row = chunk(
            1,
            batch(POWERS, (1.5, None)),
            batch(POWERS, (float("nan"), float("inf")), 1),
            batch(ENERGY, (2**80,), 2),
            batch(ENERGY, (2**200,), 2),
            batch(STATES, (None, "x", 3), 3),
        )
        (written,) = await deliver(sink, row)
        assert written.skipped == {"integer": 1}
        assert len(await shore.samples()) + 1 == row.count
