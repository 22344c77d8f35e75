"""Makes `tests.integration.history.park` importable, whatever way pytest was started; opens and closes sinks."""

import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = str(Path(__file__).parents[3])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from drivers.history.sink import HistorySink  # noqa: E402
from tests.integration.history.park import ManualClock, make_sink  # noqa: E402


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
