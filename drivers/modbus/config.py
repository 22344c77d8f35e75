"""What the user writes about Modbus: connections, devices on them, and where each point is found."""

import math
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from drivers.modbus.plan import REGISTER_SPACE, Limits, Table, plan_reads
from gateway.config.driver import Connection as BaseConnection
from gateway.config.driver import DeviceAddress as BaseDeviceAddress
from gateway.config.driver import DriverModel
from gateway.config.driver import PointAddress as BasePointAddress
from gateway.config.types import Duration, Host
from gateway.core.point import ValueType

MIN_INTERVAL_TCP_S = 0.010
MIN_INTERVAL_SERIAL_S = 0.100


class Transport(StrEnum):
    """How frames travel."""

    TCP = "tcp"
    TLS = "tls"  # Modbus/TCP Security: the same frames inside TLS
    UDP = "udp"
    RTU = "rtu"
    RTU_OVER_TCP = "rtu-over-tcp"
    ASCII = "ascii"


class RawType(StrEnum):
    """How the registers of a point are read."""

    INT8_HIGH = "int8_high"
    INT8_LOW = "int8_low"
    UINT8_HIGH = "uint8_high"
    UINT8_LOW = "uint8_low"
    INT16 = "int16"
    UINT16 = "uint16"
    INT32 = "int32"
    UINT32 = "uint32"
    INT64 = "int64"
    UINT64 = "uint64"
    FLOAT16 = "float16"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    BCD16 = "bcd16"
    BCD32 = "bcd32"
    BCD64 = "bcd64"
    BOOL = "bool"
    STRING = "string"


Order = Literal["ABCD", "CDAB", "BADC", "DCBA", "ABCDEFGH", "GHEFCDAB", "BADCFEHG", "HGFEDCBA"]
"""The order on the wire; A is the most significant byte. 64-bit values take either form of name."""

_FOUR_REGISTERS = (RawType.INT64, RawType.UINT64, RawType.FLOAT64, RawType.BCD64)
_TWO_REGISTERS = (RawType.INT32, RawType.UINT32, RawType.FLOAT32, RawType.BCD32)
_FLOAT_DIGITS = {RawType.FLOAT16: 3, RawType.FLOAT32: 7}


def _sentinels(value: object) -> object:
    """One number or several; hexadecimal text is a number (`"0x8000"`)."""
    values = value if isinstance(value, (list, tuple)) else [value]
    return [int(one, 16) if isinstance(one, str) and one.lower().startswith("0x") else one for one in values]


class PointAddress(BasePointAddress):
    """Where one point is found at its device, and how its registers are read."""

    table: Table = Field(Table.HOLDING, description="holding, input, coil or discrete")
    address: int = Field(ge=0, lt=REGISTER_SPACE, description="zero-based, as on the wire (40001 is 0)")
    type: RawType | None = Field(None, description="default: uint16; bool in coil and discrete, and with `bit`")
    order: Order = Field("ABCD", description="byte order on the wire; A is the most significant byte")
    bit: int | None = Field(None, ge=0, le=15, description="one bit of a register; 0 is the least significant")
    length: int | None = Field(None, ge=1, le=125, description="registers of a string")
    sentinel: Annotated[tuple[int | float, ...], BeforeValidator(_sentinels)] = Field(
        (), description="raw values that mean `not available`: 0x8000"
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.is_bit_table and (self.bit is not None or self.type not in {None, RawType.BOOL}):
            raise ValueError(f"a {self.table} is one bit: leave `type` and `bit` out")
        if self.bit is not None and self.type not in {None, RawType.BOOL}:
            raise ValueError("`bit` gives a bool: leave `type` out")
        if (self.raw_type is RawType.STRING) != (self.length is not None):
            raise ValueError("`length` (registers) belongs to type string, and only to it")
        if len(self.order) == 8 and self.raw_type not in _FOUR_REGISTERS:
            raise ValueError(f"order {self.order} is for 64-bit types: write {self.order_name}")
        if self.sentinel and self.raw_type in {RawType.BOOL, RawType.STRING}:
            raise ValueError("`sentinel` is for numbers")
        if self.address + self.size > REGISTER_SPACE:
            last = self.address + self.size - 1
            raise ValueError(f"{self.size} registers from address {self.address} end at {last}, beyond 65535")
        return self

    @property
    def is_bit_table(self) -> bool:
        """True in the tables that hold single bits."""
        return self.table.is_bits

    @property
    def raw_type(self) -> RawType:
        """The type, with its default filled in."""
        if self.type is not None:
            return self.type
        return RawType.BOOL if self.is_bit_table or self.bit is not None else RawType.UINT16

    @property
    def order_name(self) -> str:
        """The order in its four-letter form: GHEFCDAB swaps words as CDAB does."""
        long_names = {"ABCDEFGH": "ABCD", "GHEFCDAB": "CDAB", "BADCFEHG": "BADC", "HGFEDCBA": "DCBA"}
        return long_names.get(self.order, self.order)

    @property
    def size(self) -> int:
        """Registers (or bits, in a bit table) that the point covers."""
        if self.length is not None:
            return self.length
        if self.raw_type in _FOUR_REGISTERS:
            return 4
        return 2 if self.raw_type in _TWO_REGISTERS else 1

    def value_type(self) -> ValueType:
        """The type of the raw value."""
        if self.raw_type is RawType.BOOL:
            return ValueType.BOOL
        if self.raw_type is RawType.STRING:
            return ValueType.TEXT
        return ValueType.FLOAT if self.raw_type.startswith("float") else ValueType.INT

    def digits(self) -> int | None:
        """7 for float32, 3 for float16; `None`: all of them."""
        return _FLOAT_DIGITS.get(self.raw_type)


class ReadableRange(DriverModel):
    """Addresses that may be read in one go, holes included."""

    table: Table = Table.HOLDING
    first: int = Field(ge=0, lt=REGISTER_SPACE)
    last: int = Field(ge=0, lt=REGISTER_SPACE, description="the last address that may be read")


class DeviceAddress(BaseDeviceAddress):
    """How one device is found on its connection, and what it can stand."""

    unit: int = Field(1, ge=0, le=255, description="unit id; 1 to 247 on a serial line")
    max_registers: int | None = Field(None, ge=1, le=125, description="most registers in one read")
    max_gap: int | None = Field(None, ge=0, le=124, description="unused registers that a read may carry along")
    readable: tuple[ReadableRange, ...] = Field((), description="known readable ranges: instead of `max_gap`")


class Connection(BaseConnection):
    """One endpoint: a device with an address of its own, or a gateway to a serial line, or the line itself."""

    transport: Transport = Transport.TCP
    host: Host = "127.0.0.1"
    port: int = Field(502, ge=1, le=65535)
    device: str = Field("", description="serial device: /dev/ttyUSB0")
    baudrate: int = Field(9600, ge=50)
    bytesize: Literal[7, 8] = 8
    parity: Literal["N", "E", "O"] = "N"
    stopbits: Literal[1, 2] = 1
    ca_file: str | None = Field(None, description="TLS: who signs the device's certificate; default: the system's list")
    cert_file: str | None = Field(None, description="TLS: the gateway's own certificate")
    key_file: str | None = Field(None, description="TLS: its key")
    timeout: Duration = Field(1.0, gt=0, description="for one answer")
    connect_timeout: Duration = Field(5.0, gt=0)
    delay_after_connect: Duration = Field(0.0, ge=0)
    delay_between_requests: Duration | None = Field(
        None, ge=0, description="default: 0; 3.5 characters on a serial line"
    )
    max_registers: int = Field(125, ge=1, le=125)
    max_gap: int = Field(8, ge=0, le=124)
    retries: int = Field(1, ge=0, le=10, description="tries more before a unit counts as silent")
    backoff: Duration = Field(2.0, gt=0, description="a silent unit is tried after this time, times its failures")
    backoff_max: Duration = Field(300.0, gt=0)
    close_after_poll: bool = Field(False, description="let go of the connection between polls")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.is_serial_port and not self.device:
            raise ValueError(f"transport {self.transport} needs `device`, like /dev/ttyUSB0")
        if (self.key_file is None) != (self.cert_file is None):
            raise ValueError("`cert_file` and `key_file` come together")
        return self

    @property
    def is_serial_port(self) -> bool:
        """True where the gateway itself holds the serial port."""
        return self.transport in {Transport.RTU, Transport.ASCII}

    @property
    def is_serial_line(self) -> bool:
        """True where requests end on a serial line that shows in the frames."""
        return self.is_serial_port or self.transport is Transport.RTU_OVER_TCP

    @property
    def is_stream(self) -> bool:
        """True where a connection can be made anew: it may itself be what is broken."""
        return not self.is_serial_port and self.transport is not Transport.UDP

    @property
    def endpoint(self) -> str:
        """The endpoint as a person reads it."""
        return self.device if self.is_serial_port else f"{self.host}:{self.port}"

    @property
    def character_s(self) -> float:
        """Seconds of one character on the line: start, data, parity and stop bits."""
        return (1 + self.bytesize + (self.parity != "N") + self.stopbits) / self.baudrate

    @property
    def pause_s(self) -> float:
        """Silence between two requests, in seconds.

        On a serial line 3.5 characters, 1.75 ms above 19200 baud (Modbus over Serial Line V1.02, 2.5.1.1), min. 5 ms.
        """
        if self.delay_between_requests is not None:
            return self.delay_between_requests
        if not self.is_serial_port:
            return 0.0
        return max(0.005, 3.5 * self.character_s if self.baudrate <= 19200 else 0.00175)

    def limits(self, address: DeviceAddress) -> Limits:
        """What one read at this device may cover."""
        readable = tuple((one.table, one.first, one.last + 1) for one in address.readable)
        return Limits(
            max_registers=min(self.max_registers, address.max_registers or self.max_registers),
            max_gap=self.max_gap if address.max_gap is None else address.max_gap,
            readable=readable,
        )

    def describe(self, address: BaseDeviceAddress) -> str:
        """The address as a person reads it: `127.0.0.1:15020, unit 12`."""
        assert isinstance(address, DeviceAddress)
        return f"{self.endpoint}, unit {address.unit}"

    def check(self, address: BaseDeviceAddress, points: tuple[BasePointAddress, ...], interval_s: float) -> list[str]:
        """What cannot work with these points at this interval, one message each; empty: nothing found."""
        assert isinstance(address, DeviceAddress)
        places = [point for point in points if isinstance(point, PointAddress)]
        limits = self.limits(address)
        found = [message for point in places if (message := _misplaced(point, limits))]
        if not found:
            found += self._too_fast(address, places, interval_s)
        if self.is_serial_line and not 1 <= address.unit <= 247:
            found.append(
                f"unit {address.unit} cannot be read on a serial line: 0 is broadcast, 248 to 255 are reserved"
            )
        return found

    def _too_fast(self, address: DeviceAddress, points: list[PointAddress], interval_s: float) -> list[str]:
        least_s = MIN_INTERVAL_SERIAL_S if self.is_serial_line else MIN_INTERVAL_TCP_S
        if interval_s < least_s:
            return [
                f"interval {interval_s * 1e3:g} ms is shorter than {least_s * 1e3:g} ms, the least on {self.transport}"
            ]
        needed_s = self.bus_time_s(address, points) if self.is_serial_port else 0.0
        if needed_s <= interval_s:
            return []
        least_ms = math.ceil(needed_s * 1e3)
        return [f"one poll needs about {least_ms} ms at {self.baudrate} baud, longer than its interval"]

    def bus_time_s(self, address: DeviceAddress, points: list[PointAddress]) -> float:
        """Seconds that one poll of these points takes on the line: 8 bytes out, 5 + data in, silences and pause."""
        per_byte = 2 if self.transport is Transport.ASCII else 1
        total_s = 0.0
        for read in plan_reads(points, self.limits(address)):
            characters = per_byte * (8 + 5 + read.data_bytes) + 7  # 7: two silences of 3.5 characters
            total_s += characters * self.character_s + self.pause_s
        return total_s


def _misplaced(point: PointAddress, limits: Limits) -> str:
    """Why a point can never be read; empty when it can."""
    end = point.address + point.size
    if not point.is_bit_table and point.size > limits.max_registers:
        return f"address {point.address}: {point.size} registers are more than the {limits.max_registers} of one read"
    if not limits.may_read(point.table, point.address, end):
        return f"{point.table} {point.address} lies outside of the ranges that `readable` declares"
    return ""
