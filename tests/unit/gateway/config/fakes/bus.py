"""A polled driver for tests: a bus with units and registers."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from gateway.config import driver
from gateway.config.types import Duration, Host
from gateway.core.point import ValueType


class Order(StrEnum):
    BIG = "big"
    LITTLE = "little"


class Pacing(driver.DriverModel):
    delay: Duration = 0.0
    is_gentle: bool = False


class Connection(driver.Connection):
    host: Host
    port: Annotated[int, Field(ge=1, le=65535)] = 502
    timeout: Duration = 1.0
    keep_open: bool = True
    pacing: Pacing = Pacing()

    @property
    def endpoint(self) -> str:
        return f"{self.host}:{self.port}"

    def describe(self, address: driver.DeviceAddress) -> str:
        assert isinstance(address, DeviceAddress)
        return f"{self.endpoint}, unit {address.unit}"

    def check(
        self, address: driver.DeviceAddress, points: tuple[driver.PointAddress, ...], interval_s: float
    ) -> list[str]:
        return [] if interval_s >= 0.1 else [f"{len(points)} points every {interval_s:g} s are too many for this bus"]


class DeviceAddress(driver.DeviceAddress):
    unit: Annotated[int, Field(ge=0, le=247)] = 1
    phase: str | None = None


class PointAddress(driver.PointAddress):
    address: Annotated[int, Field(ge=0, le=65535)]
    type: ValueType = ValueType.FLOAT
    order: Order = Order.BIG
    sentinel: tuple[int, ...] = ()

    def value_type(self) -> ValueType:
        return self.type

    def digits(self) -> int | None:
        return 7 if self.type is ValueType.FLOAT else None
