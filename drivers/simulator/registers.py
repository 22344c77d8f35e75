"""How a device keeps its values in Modbus registers: types, orders, scales and the addresses that exist."""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Table(StrEnum):
    """The four tables of a Modbus device."""

    COIL = "coil"
    DISCRETE = "discrete"
    INPUT = "input"
    HOLDING = "holding"


_FORMATS = {
    "int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "int64": ">q", "uint64": ">Q",
    "float32": ">f", "float64": ">d",
}  # fmt: skip
_LIMITS = {
    name: (-(1 << 8 * struct.calcsize(form) - 1), (1 << 8 * struct.calcsize(form) - 1) - 1)
    if name.startswith("i")
    else (0, (1 << 8 * struct.calcsize(form)) - 1)
    for name, form in _FORMATS.items()
}


@dataclass(frozen=True, slots=True)
class Register:
    """One value of a device: raw = value / scale, in one or more registers (or one bit)."""

    point: str
    table: Table
    address: int  # zero-based, as on the wire
    type: str  # int16 ... uint64, float32, float64, bool
    order: str = "ABCD"  # of 32 bits; 64 bits follow the same rule
    scale: float = 1.0
    sentinel: int | None = None  # raw value for "no value"

    @property
    def count(self) -> int:
        """Registers that it takes (bits: 1)."""
        return 1 if self.type == "bool" else struct.calcsize(_FORMATS[self.type]) // 2

    def encode(self, value: float) -> list[int]:
        """The words on the wire for a value in the point's unit; NaN becomes the sentinel or a float's NaN."""
        if self.type == "bool":
            return [int(value != 0)]
        raw = self._raw(value)
        data = struct.pack(_FORMATS[self.type], raw)
        if self.order in {"BADC", "DCBA"}:
            data = b"".join(data[i + 1 : i + 2] + data[i : i + 1] for i in range(0, len(data), 2))
        words = list(struct.unpack(f">{len(data) // 2}H", data))
        return words[::-1] if self.order in {"CDAB", "DCBA"} else words

    def _raw(self, value: float) -> float:
        if self.type.startswith("float"):
            return value / self.scale
        low, high = _LIMITS[self.type]
        if math.isnan(value):
            return high if self.sentinel is None else self.sentinel
        return min(high, max(low, round(value / self.scale)))


@dataclass(frozen=True, slots=True)
class Span:
    """Addresses that exist and can be read together; registers without a value read as 0."""

    table: Table
    start: int
    count: int

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.start + self.count


@dataclass(frozen=True, slots=True)
class Layout:
    """The register map of a product."""

    name: str
    registers: tuple[Register, ...]
    spans: tuple[Span, ...]

    def covers(self, asked: Span) -> bool:
        """True where all of these addresses exist."""
        return any(s.table == asked.table and s.start <= asked.start and asked.end <= s.end for s in self.spans)

    def within(self, asked: Span) -> list[Register]:
        """The registers that lie in this span, wholly or in part."""
        return [
            one
            for one in self.registers
            if one.table == asked.table and one.address < asked.end and one.address + one.count > asked.start
        ]

    def read(self, asked: Span, values: Mapping[str, float]) -> list[int]:
        """The words (bits) of a span; addresses without a value are 0."""
        words = [0] * asked.count
        for register in self.within(asked):
            for at, word in enumerate(register.encode(values[register.point]), start=register.address):
                if asked.start <= at < asked.end:
                    words[at - asked.start] = word
        return words
