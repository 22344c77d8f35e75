"""A driver for tests whose values come by themselves, and that signs in."""

from typing import ClassVar, Self

from pydantic import Field, model_validator

from gateway.config import driver
from gateway.config.types import Secret


class Connection(driver.Connection):
    is_polled: ClassVar[bool] = False

    url: str
    password: Secret | None = None
    accounts: dict[str, Secret] = Field({})

    @model_validator(mode="after")
    def _has_scheme(self) -> Self:
        if "://" not in self.url:
            raise ValueError(f"the address `{self.url}` has no scheme")
        return self

    @property
    def endpoint(self) -> str:
        return self.url

    def describe(self, address: driver.DeviceAddress) -> str:
        return self.url


class DeviceAddress(driver.DeviceAddress):
    topic: str | None = None


class PointAddress(driver.PointAddress):
    path: str = "$"
