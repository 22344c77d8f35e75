"""Brokers and publishers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.mqtt.park import Mosquitto, Publisher


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path) as mosquitto:
        yield mosquitto


@pytest.fixture
def devices(broker: Mosquitto) -> Iterator[Publisher]:
    with Publisher(broker.port) as publisher:
        yield publisher
