"""A notifier driver for tests, whose whole address is a secret."""

from gateway.config import driver
from gateway.config.types import Secret


class ChannelOptions(driver.ChannelOptions):
    hook: Secret
    url: Secret | None = None
