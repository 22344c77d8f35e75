"""A plant for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.alarms.plant import Plant


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    made = Plant(tmp_path)
    try:
        yield made
    finally:
        made.close()
