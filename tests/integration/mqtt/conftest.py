"""Makes `tests.integration.mqtt.park` importable, whatever way pytest was started, and starts brokers."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = str(Path(__file__).parents[3])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)

from tests.integration.mqtt.park import Mosquitto, Publisher  # noqa: E402


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as mosquitto:
        yield mosquitto


@pytest.fixture
def devices(broker: Mosquitto) -> Iterator[Publisher]:
    with Publisher(broker.port) as publisher:
        yield publisher
