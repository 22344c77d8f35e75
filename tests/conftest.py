"""For all tests: a call that blocks the event loop, made from our own code, is an error."""

from collections.abc import Iterator

import pytest
from blockbuster import blockbuster_ctx


@pytest.fixture(autouse=True)
def loop_that_must_not_be_blocked() -> Iterator[None]:
    """Sleeping, sockets, files and SQLite called on a running loop raise `BlockingError`."""
    with blockbuster_ctx(["gateway", "drivers"]):
        yield
