"""The bytes of an answer to typed raw values: one compiled unpacking per read, exact integers, bad is never a number.

A register's bytes travel high byte first. Every byte order of a point reduces to two choices, because swapping the
bytes of each register turns BADC into ABCD and CDAB into DCBA: whether registers are swapped first, and which end
`struct` reads from. Points that agree on both form a lane, which is one `struct.Struct` with pad bytes for the holes.
"""

import struct
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import isfinite
from operator import itemgetter

from drivers.modbus.config import PointAddress, RawType
from gateway.core.point import Value
from gateway.core.quality import Quality

Raw = float | int | bytes | bool
Unpack = Callable[[bytes, int], tuple[Raw, ...]]
Convert = Callable[[Raw], "Value | Quality"]
Decoded = tuple[tuple[Value | None, ...], tuple[Quality, ...] | None]
"""One value per point (`None` where bad), and the qualities where not all are good."""

_SWAPPED_AND_END = {"ABCD": (False, ">"), "DCBA": (False, "<"), "BADC": (True, ">"), "CDAB": (True, "<")}

_FORMATS = {
    RawType.INT8_HIGH: "b",
    RawType.INT8_LOW: "b",
    RawType.UINT8_HIGH: "B",
    RawType.UINT8_LOW: "B",
    RawType.INT16: "h",
    RawType.UINT16: "H",
    RawType.INT32: "i",
    RawType.UINT32: "I",
    RawType.INT64: "q",
    RawType.UINT64: "Q",
    RawType.FLOAT16: "e",
    RawType.FLOAT32: "f",
    RawType.FLOAT64: "d",
    RawType.BCD16: "H",
    RawType.BCD32: "I",
    RawType.BCD64: "Q",
    RawType.BOOL: "H",
}
_HIGH_BYTE = (RawType.INT8_HIGH, RawType.UINT8_HIGH)
_LOW_BYTE = (RawType.INT8_LOW, RawType.UINT8_LOW)
_BCD = (RawType.BCD16, RawType.BCD32, RawType.BCD64)


@dataclass(slots=True)
class _Lane:
    """Fields that one Struct reads: they agree on byte order and do not overlap."""

    is_swapped: bool
    end: str  # ">" or "<"
    format: str = ""
    size: int = 0  # bytes up to the end of its last field
    places: list[int] = field(default_factory=list)  # positions of the points, in the order of its values

    def add(self, position: int, offset: int, code: str) -> None:
        """Append a field that starts at or behind `size`."""
        self.format += f"{offset - self.size}x{code}" if offset > self.size else code
        self.size = offset + struct.calcsize(f">{code}")
        self.places.append(position)

    def unpack(self) -> Unpack:
        """The lane's values of an answer's data that starts at an offset."""
        compiled = struct.Struct(self.end + self.format)
        if not self.is_swapped:
            return compiled.unpack_from
        size = self.size + self.size % 2

        def swapped(data: bytes, offset: int) -> tuple[Raw, ...]:
            registers = array("H", data[offset : offset + size])
            registers.byteswap()
            return compiled.unpack_from(registers)

        return swapped


def _layout(place: PointAddress, start: int) -> tuple[bool, str, int, str]:
    """Where a point lies in the data of a read from `start`: swapped, end, byte offset, format code."""
    is_swapped, end = _SWAPPED_AND_END[place.order_name]
    offset = 2 * (place.address - start)
    kind = place.raw_type
    if kind is RawType.STRING:
        return place.order_name in {"BADC", "DCBA"}, ">", offset, f"{2 * place.size}s"
    if kind in (_HIGH_BYTE if end == "<" else _LOW_BYTE):
        offset += 1
    return is_swapped, end, offset, _FORMATS[kind]


def _lanes(places: Sequence[PointAddress], start: int) -> tuple[list[_Lane], list[int]]:
    """The lanes of a read, and for each point the index of its value in their values put together."""
    lanes: list[_Lane] = []
    first: dict[tuple[bool, str, int, str], int] = {}  # layout -> the point that brought it
    layouts = [_layout(place, start) for place in places]
    for position in sorted(range(len(places)), key=lambda one: layouts[one][2]):
        is_swapped, end, offset, code = layout = layouts[position]
        if layout in first:
            continue
        first[layout] = position
        fitting = (lane for lane in lanes if (lane.is_swapped, lane.end) == (is_swapped, end) and lane.size <= offset)
        lane = next(fitting, None)
        if lane is None:
            lanes.append(lane := _Lane(is_swapped, end))
        lane.add(position, offset, code)
    index = {position: place for place, position in enumerate(one for lane in lanes for one in lane.places)}
    return lanes, [index[first[layout]] for layout in layouts]


def _unpacker(places: Sequence[PointAddress], start: int) -> Unpack:
    """One call that gives the raw values in the order of `places`."""
    lanes, picks = _lanes(places, start)
    unpacks = [lane.unpack() for lane in lanes]
    only = unpacks[0]
    if len(unpacks) == 1 and picks == list(range(len(lanes[0].places))):
        return only

    def pick(data: bytes, offset: int) -> tuple[Raw, ...]:
        values = [value for unpack in unpacks for value in unpack(data, offset)]
        return tuple([values[one] for one in picks])

    return pick


def _bit_unpacker(places: Sequence[PointAddress], start: int) -> Unpack:
    """Bits of a coil or discrete answer: the lowest bit of the first byte is the first (V1.1b3, 6.1)."""
    shifts = [place.address - start for place in places]
    size = max(shifts) // 8 + 1

    def unpack(data: bytes, offset: int) -> tuple[Raw, ...]:
        bits = int.from_bytes(data[offset : offset + size], "little")
        return tuple([bits >> shift & 1 == 1 for shift in shifts])

    return unpack


def _bcd(raw: Raw) -> Value | Quality:
    try:
        return int(f"{int(raw):x}")
    except ValueError:  # a digit beyond 9
        return Quality.BAD_ENCODING


def _text(raw: Raw) -> Value | Quality:
    assert isinstance(raw, bytes)
    if not raw.strip(b"\0"):
        return Quality.BAD_NOT_AVAILABLE
    try:
        return raw.split(b"\0", 1)[0].decode().rstrip(" ")  # devices leave junk behind the first NUL
    except UnicodeDecodeError:
        return Quality.BAD_ENCODING


def _converter(place: PointAddress) -> Convert | None:
    """What makes the value of the unpacked one; `None` where it already is."""
    if place.is_bit_table:
        return None
    if place.bit is not None:
        mask = 1 << place.bit
        return lambda raw: raw & mask != 0  # type: ignore[operator]
    if place.raw_type is RawType.BOOL:
        return lambda raw: raw != 0
    if place.raw_type is RawType.STRING:
        return _text
    return _bcd if place.raw_type in _BCD else None


def sentinel_values(place: PointAddress) -> frozenset[int | float]:
    """The unpacked values that mean `not available`: patterns of a signed type and of a float count as such too."""
    if not place.sentinel:
        return frozenset()
    code = _FORMATS[place.raw_type]
    bits = 8 * struct.calcsize(f">{code}")
    found: set[int | float] = set()
    for one in place.sentinel:
        if isinstance(one, int) and code in "efd" and 0 <= one < 1 << bits:
            found.add(struct.unpack(f">{code}", one.to_bytes(bits // 8, "big"))[0])
        if code in "efd":
            found.add(_rounded(code, float(one)))
        elif code in "bhiq" and isinstance(one, int) and one >> (bits - 1) == 1:
            found.add(one - (1 << bits))
        else:
            found.add(one)
    return frozenset(found)


def _rounded(code: str, number: float) -> float:
    """The number as the float type holds it; itself where the type cannot."""
    try:
        return float(struct.unpack(f">{code}", struct.pack(f">{code}", number))[0])
    except OverflowError:
        return number


class Decoder:
    """Makes the values of some points out of the data of one read. Compiled once, then called for every answer."""

    __slots__ = ("_converters", "_floats", "_pick_floats", "_sentinels", "_unpack", "_unwanted")

    def __init__(self, places: Sequence[PointAddress], start: int) -> None:
        is_bits = places[0].is_bit_table
        self._unpack = (_bit_unpacker if is_bits else _unpacker)(places, start)
        converters = [(position, _converter(place)) for position, place in enumerate(places)]
        self._converters = tuple((position, one) for position, one in converters if one is not None)
        self._floats = tuple(i for i, place in enumerate(places) if place.raw_type.startswith("float"))
        sentinels = [(i, sentinel_values(place)) for i, place in enumerate(places) if place.sentinel]
        self._sentinels = tuple(sentinels)
        self._unwanted: frozenset[Raw] = frozenset(value for _, values in sentinels for value in values)
        self._pick_floats = _picker(self._floats, len(places))

    def decode(self, data: bytes, offset: int) -> Decoded:
        """Typed raw values of the answer's data, which starts at `offset` and is as long as the read asked for."""
        values = self._unpack(data, offset)
        if self._converters:
            return self._decode_one_by_one(values)
        # One sum tells whether a value is not finite. An overflow of the sum itself only costs the longer way.
        floats = values if self._pick_floats is None else self._pick_floats(values)
        if isfinite(sum(floats)) and (not self._unwanted or self._unwanted.isdisjoint(values)):  # type: ignore[arg-type]
            return values, None  # type: ignore[return-value]  # bytes always have a converter
        return self._decode_one_by_one(values)

    def _decode_one_by_one(self, raw: tuple[Raw, ...]) -> Decoded:
        bad: dict[int, Quality] = {}
        values: list[Value | None] = list(raw)  # type: ignore[arg-type]  # bytes are converted below
        for position in self._floats:
            if not isfinite(raw[position]):  # type: ignore[arg-type]
                bad[position] = Quality.BAD_NOT_A_NUMBER
        for position, convert in self._converters:
            value = convert(raw[position])
            if type(value) is Quality:
                bad[position] = value
            else:
                values[position] = value
        for position, sentinels in self._sentinels:
            if raw[position] in sentinels:
                bad[position] = Quality.BAD_NOT_AVAILABLE
        if not bad:
            return tuple(values), None
        for position in bad:
            values[position] = None
        return tuple(values), tuple([bad.get(position, Quality.GOOD) for position in range(len(values))])


def _picker(floats: tuple[int, ...], count: int) -> Callable[[tuple[Raw, ...]], Iterable[float]] | None:
    """What picks the floats out of unpacked values; `None` where all are floats."""
    if len(floats) == count:
        return None
    if not floats:
        return itemgetter(slice(0, 0))
    if len(floats) == 1:
        return itemgetter(slice(floats[0], floats[0] + 1))
    return itemgetter(*floats)


def raw_text(place: PointAddress, data: bytes, start: int) -> str:
    """A point's part of an answer's data as a person reads it: `0x4366 0x8000`, or `1` for a bit."""
    first = place.address - start
    if place.is_bit_table:
        return str(data[first // 8] >> first % 8 & 1)
    registers = data[2 * first : 2 * (first + place.size)]
    return " ".join(f"0x{registers[i : i + 2].hex().upper()}" for i in range(0, len(registers), 2))
