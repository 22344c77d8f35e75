"""Base classes of what drivers let the user write: a driver's `config.py` subclasses them under these names.

A source driver's `config.py` has `Connection`, `DeviceAddress` and `PointAddress`; a sink's has `SinkOptions`; a
notifier's has `ChannelOptions`.
Their fields stand flat beside the common ones in `park.yaml` (a device's `unit: 12`, a point's `address: 52`), so
they never use the names of `COMMON_DEVICE_FIELDS` and `COMMON_POINT_FIELDS`.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from gateway.core.point import ValueType

COMMON_DEVICE_FIELDS = frozenset(
    {
        "id",
        "name",
        "enterprise",
        "enterprise_since",
        "kind",
        "role",
        "profile",
        "connection",
        "groups",
        "points",
        "renamed_from",
    }
)
COMMON_POINT_FIELDS = frozenset(
    {
        "name",
        "unit",
        "kind",
        "scale",
        "offset",
        "range",
        "deadband",
        "heartbeat",
        "group",
        "words",
        "modulus",
        "renamed_from",
    }
)


class DriverModel(BaseModel):
    """Frozen; unknown keys are errors; no infinities."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DeviceAddress(DriverModel):
    """How one device is found on its connection."""


class PointAddress(DriverModel):
    """How one point is found at its device."""

    def value_type(self) -> ValueType:
        """The type of the raw value; a scaled one becomes a float."""
        return ValueType.FLOAT

    def digits(self) -> int | None:
        """Significant digits that the raw value holds (7 for float32); `None`: all of them."""
        return None


class Connection(DriverModel, ABC):
    """One endpoint that devices are reached through."""

    is_polled: ClassVar[bool] = True  # False: values come by themselves (MQTT), points have no poll groups

    @property
    @abstractmethod
    def endpoint(self) -> str:
        """The endpoint as a person reads it: `127.0.0.1:15020`. No password in it."""

    @abstractmethod
    def describe(self, address: DeviceAddress) -> str:
        """A device's address as a person reads it: `127.0.0.1:15020, unit 12`."""

    def check(self, address: DeviceAddress, points: tuple[PointAddress, ...], interval_s: float) -> list[str]:
        """What cannot work with these points at this interval, one message each; empty: nothing found."""
        return []


class SinkOptions(DriverModel):
    """One sink."""


class ChannelOptions(DriverModel):
    """One channel that people are notified through."""
