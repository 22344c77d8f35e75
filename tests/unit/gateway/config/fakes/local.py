"""A sink driver for tests that needs no options: what stands under the name `history`."""

from gateway.config import driver
from gateway.config.types import Duration


class SinkOptions(driver.SinkOptions):
    keep: Duration = 86_400.0
