"""Why a sample that should have come is not good: it did not come, or it came without a value."""

from enum import StrEnum

from gateway.core.quality import Quality


class Reason(StrEnum):
    """Keys of the page's word lists (`reason.timeout`); stored in state.db, never renamed."""

    TIMEOUT = "timeout"  # asked, not answered in time
    DISCONNECTED = "disconnected"  # the line or the broker is not reachable, or refuses the connection
    NO_REGISTER = "no_register"  # the device has no such register (Modbus exception 1, 2, 3)
    DEVICE = "device"  # the device answers with a failure (Modbus exception 4, 5, 6, 8)
    GATEWAY_PATH = "gateway_path"  # the line's gateway cannot reach the device (Modbus exception 0x0A, 0x0B)
    PROTOCOL = "protocol"  # the answer does not fit the request
    SILENT = "silent"  # publishes by itself, and published nothing
    STALE = "stale"  # it answers, but later or more rarely than configured
    CONFIGURATION = "configuration"  # configured, but no source reads it
    UNKNOWN = "unknown"  # nothing came and nobody said why: the first seconds after a start
    NOT_AVAILABLE = "not_available"  # came: the device's own mark for "no value"
    NOT_A_NUMBER = "not_a_number"  # came: NaN or infinity
    TYPE = "type"  # came: not of the type that the configuration states
    ENCODING = "encoding"  # came: digits or text that cannot be decoded
    NO_VALUE = "no_value"  # came without a value: booked before the cause was


_NOT_COME: dict[int, Reason] = {
    Quality.BAD_TIMEOUT: Reason.TIMEOUT,
    Quality.BAD_DISCONNECTED: Reason.DISCONNECTED,
    Quality.BAD_NO_REGISTER: Reason.NO_REGISTER,
    Quality.BAD_DEVICE: Reason.DEVICE,
    Quality.BAD_GATEWAY_PATH: Reason.GATEWAY_PATH,
    Quality.BAD_PROTOCOL: Reason.PROTOCOL,
}

_FLAWS: dict[int, Reason] = {
    Quality.BAD_NOT_AVAILABLE: Reason.NOT_AVAILABLE,
    Quality.BAD_NOT_A_NUMBER: Reason.NOT_A_NUMBER,
    Quality.BAD_TYPE: Reason.TYPE,
    Quality.BAD_ENCODING: Reason.ENCODING,
}

FLAWS = frozenset({*_FLAWS.values(), Reason.NO_VALUE})
"""The sample came, but holds no value; every other reason says why it did not come."""

_BY_QUALITY = [_NOT_COME.get(quality) for quality in range(256)]  # a list: to hash an enum's member takes long


def reason_of(quality: Quality, *, is_listened: bool = False) -> Reason | None:
    """Why nothing came, for a quality that says so; `None` where something came, good or bad.

    A value that is not available, no number, of a wrong type or not decodable was sent by the device: it is received,
    and bad. A device that publishes by itself (`is_listened`) is asked nothing: instead of timed out it is silent.
    """
    reason = _BY_QUALITY[quality]
    return Reason.SILENT if reason is Reason.TIMEOUT and is_listened else reason


def flaw_of(quality: Quality) -> Reason:
    """Why what came holds no value."""
    return _FLAWS.get(quality, Reason.NO_VALUE)
