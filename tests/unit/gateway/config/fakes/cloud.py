"""A sink driver for tests."""

from gateway.config import driver
from gateway.config.types import ByteSize, Secret


class SinkOptions(driver.SinkOptions):
    url: str
    token: Secret | None = None
    max_body: ByteSize = 2**20
