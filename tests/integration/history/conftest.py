"""Opens and closes histories."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from drivers.history.sink import HistorySink
from tests.integration.history.park import ManualClock, make_sink


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def open_sink(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Callable[..., HistorySink]]:
    """Opens the history of this test, again and again as after restarts; what is open at its end is closed."""
    sinks: list[HistorySink] = []

    def make(**options: Any) -> HistorySink:
        sinks.append(make_sink(tmp_path, clock, **options))
        return sinks[-1]

    yield make
    for sink in sinks:
        await sink.close()
