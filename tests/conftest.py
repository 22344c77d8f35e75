"""For all tests: a call that blocks the event loop, made from our own code, is an error; slow machines are none."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from blockbuster import blockbuster_ctx
from hypothesis import settings

from tests.steady import SteadyLoop

settings.register_profile("park", deadline=None)  # they share the machine: time is measured by benchmarks
settings.load_profile("park")


def pytest_asyncio_loop_factories(config: Any, item: Any) -> dict[str, Callable[[], SteadyLoop]]:
    """The time-outs of asynchronous tests do not count while the machine does something else."""
    return {"steady": SteadyLoop}


@pytest.fixture(autouse=True)
def loop_that_must_not_be_blocked() -> Iterator[None]:
    """Sleeping, sockets, files and SQLite called on a running loop raise `BlockingError`."""
    with blockbuster_ctx(["gateway", "drivers"]):
        yield
