"""For all tests: a call that blocks the event loop, made from our own code, is an error; slow machines are none."""

from collections.abc import Iterator

import pytest
from blockbuster import blockbuster_ctx
from hypothesis import settings

settings.register_profile("park", deadline=None)  # they share the machine: time is measured by benchmarks
settings.load_profile("park")


@pytest.fixture(autouse=True)
def loop_that_must_not_be_blocked() -> Iterator[None]:
    """Sleeping, sockets, files and SQLite called on a running loop raise `BlockingError`."""
    with blockbuster_ctx(["gateway", "drivers"]):
        yield
