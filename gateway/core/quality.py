"""Quality of one value: good, uncertain or bad, and why."""

from enum import IntEnum, StrEnum


class Level(StrEnum):
    """The three levels of quality."""

    GOOD = "good"
    UNCERTAIN = "uncertain"
    BAD = "bad"


class Quality(IntEnum):
    """Quality with its reason, one byte wide: 0 good, 64 to 127 uncertain, from 128 bad.

    The numbers are stored in history and in outbox chunks: they are never reused for another meaning.
    """

    GOOD = 0
    UNCERTAIN_PRECISION = 64  # more digits than a float holds
    UNCERTAIN_RANGE = 65  # outside the range that the configuration states
    UNCERTAIN_TIME = 66  # the device's own time was not plausible; the time of receipt was taken
    UNCERTAIN_RETAINED = 67  # a retained MQTT message without a time of its own: its age is not known
    BAD_TIMEOUT = 128  # no answer in time
    BAD_DISCONNECTED = 129  # the line or the broker is not reachable
    BAD_NO_REGISTER = 130  # the device has no such register (Modbus exception 1, 2, 3)
    BAD_DEVICE = 131  # the device answers with a failure (Modbus exception 4, 5, 6, 8)
    BAD_GATEWAY_PATH = 132  # the line's gateway cannot reach the unit (Modbus exception 0x0A, 0x0B)
    BAD_PROTOCOL = 133  # the answer does not fit the request
    BAD_NOT_AVAILABLE = 134  # the device's own sentinel for "no value"
    BAD_NOT_A_NUMBER = 135  # NaN or infinity
    BAD_TYPE = 136  # not of the type that the configuration states
    BAD_ENCODING = 137  # digits or text that cannot be decoded

    @property
    def level(self) -> Level:
        """Good, uncertain or bad."""
        if self == 0:
            return Level.GOOD
        return Level.UNCERTAIN if self < 128 else Level.BAD

    @property
    def is_bad(self) -> bool:
        """True where the value must be `None`."""
        return self >= 128

    @property
    def reason(self) -> str:
        """The reason as a key of the page's word lists, empty for good: `timeout`, `range`."""
        return "" if self == 0 else self.name.split("_", 1)[1].lower()
