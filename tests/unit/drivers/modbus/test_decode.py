"""Decoding: every type in every order is read back as it was written; what is no value is bad and never a number."""

import math
import struct
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.client.mixin import ModbusClientMixin

from drivers.modbus.config import PointAddress, RawType
from drivers.modbus.decode import Decoder, raw_text
from gateway.core.quality import Quality

ORDERS = ["ABCD", "CDAB", "BADC", "DCBA"]
LONG = {"ABCD": "ABCDEFGH", "CDAB": "GHEFCDAB", "BADC": "BADCFEHG", "DCBA": "HGFEDCBA"}
CODES = {
    "int16": "h", "uint16": "H", "int32": "i", "uint32": "I", "int64": "q", "uint64": "Q",
    "float16": "e", "float32": "f", "float64": "d",
}  # fmt: skip
TYPES = ModbusClientMixin.DATATYPE


def wire(big_endian: bytes, order: str) -> bytes:
    """Big-endian bytes put on the wire in an order, the slow and obvious way."""
    words = [big_endian[i : i + 2] for i in range(0, len(big_endian), 2)]
    if order in {"CDAB", "DCBA"}:
        words.reverse()
    if order in {"BADC", "DCBA"}:
        words = [word[::-1] for word in words]
    return b"".join(words)


def number(kind: str) -> st.SearchStrategy[float]:
    if kind.startswith("float"):
        width = int(kind[5:])
        return st.floats(width=width, allow_nan=False, allow_infinity=False)  # type: ignore[arg-type]
    bits = int(kind.lstrip("uint"))
    return st.integers(-(1 << bits - 1), (1 << bits - 1) - 1) if kind[0] == "i" else st.integers(0, (1 << bits) - 1)


typed = st.sampled_from(sorted(CODES)).flatmap(lambda kind: st.tuples(st.just(kind), number(kind)))


@st.composite
def blocks(draw: st.DrawFn) -> tuple[list[PointAddress], bytes, list[float]]:
    """Points of any type and order, with gaps, and the registers that hold their values."""
    places, data, values = [], b"", []
    for _ in range(draw(st.integers(1, 30))):
        data += draw(st.binary(min_size=0, max_size=0) | st.binary(min_size=4, max_size=4))
        kind, value = draw(typed)
        order = draw(st.sampled_from(ORDERS))
        places.append(PointAddress(address=100 + len(data) // 2, type=kind, order=order))
        data += wire(struct.pack(f">{CODES[kind]}", value), order)
        values.append(value)
    return places, data, values


@given(blocks(), st.integers(0, 9), st.randoms())
def test_a_block_of_anything_is_read_back(
    block: tuple[list[PointAddress], bytes, list[float]], offset: int, random: Random
) -> None:
    places, data, values = block
    pairs = list(zip(places, values, strict=True))
    random.shuffle(pairs)
    decoder = Decoder([place for place, _ in pairs], 100)
    decoded, quality = decoder.decode(b"\xff" * offset + data, offset)
    assert quality is None
    assert list(decoded) == [value for _, value in pairs]
    assert [type(value) for value in decoded] == [type(value) for _, value in pairs]


@given(typed, st.sampled_from(["ABCD", "CDAB"]))
def test_pymodbus_reads_the_same_where_it_can(one: tuple[str, float], order: str) -> None:
    kind, value = one
    if kind == "float16":
        return
    data = wire(struct.pack(f">{CODES[kind]}", value), order)
    registers = list(struct.unpack(f">{len(data) // 2}H", data))
    theirs = ModbusClientMixin.convert_from_registers(
        registers, TYPES[kind.upper()], word_order="big" if order == "ABCD" else "little"
    )
    ours, _ = Decoder([PointAddress(address=0, type=kind, order=order)], 0).decode(data, 0)
    assert ours == (theirs,)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kind", ["int64", "uint64", "float64", "bcd64"])
def test_the_long_name_of_an_order_means_the_same(kind: str, order: str) -> None:
    data = wire(b"\x12\x34\x56\x78\x01\x23\x45\x67", order)
    short = Decoder([PointAddress(address=0, type=kind, order=order)], 0)
    long = Decoder([PointAddress(address=0, type=kind, order=LONG[order])], 0)
    assert short.decode(data, 0) == long.decode(data, 0)


@given(st.integers(-128, 127), st.integers(0, 255), st.sampled_from(ORDERS))
def test_the_two_bytes_of_a_register_are_read_apart(high: int, low: int, order: str) -> None:
    data = wire(struct.pack(">bB", high, low), order)
    places = [PointAddress(address=0, type=kind, order=order) for kind in ("int8_high", "uint8_low")]
    assert Decoder(places, 0).decode(data, 0) == ((high, low), None)
    swapped = wire(struct.pack(">Bb", low, high), order)
    places = [PointAddress(address=0, type=kind, order=order) for kind in ("uint8_high", "int8_low")]
    assert Decoder(places, 0).decode(swapped, 0) == ((low, high), None)


@given(st.integers(0, 0xFFFF))
def test_sixteen_bits_of_one_register(word: int) -> None:
    places = [PointAddress(address=0, bit=bit) for bit in range(16)]
    values, quality = Decoder(places, 0).decode(word.to_bytes(2, "big"), 0)
    assert quality is None
    assert [type(value) for value in values] == [bool] * 16
    assert sum(1 << bit for bit, value in enumerate(values) if value) == word


@given(st.lists(st.booleans(), min_size=1, max_size=200), st.data())
def test_coils_are_read_lowest_bit_first(bits: list[bool], data: st.DataObject) -> None:
    number = sum(1 << place for place, bit in enumerate(bits) if bit)
    answer = number.to_bytes(-(-len(bits) // 8), "little")
    chosen = data.draw(st.lists(st.integers(0, len(bits) - 1), min_size=1, unique=True))
    places = [PointAddress(table="coil", address=50 + one) for one in chosen]
    assert Decoder(places, 50).decode(answer, 0) == (tuple(bits[one] for one in chosen), None)


@given(st.integers(0, 99999999), st.sampled_from(ORDERS))
def test_bcd_digits_are_the_number(value: int, order: str) -> None:
    place = PointAddress(address=0, type="bcd32", order=order)
    assert Decoder([place], 0).decode(wire(bytes.fromhex(f"{value:08d}"), order), 0) == ((value,), None)


def test_a_bcd_digit_beyond_nine_is_bad() -> None:
    place = PointAddress(address=0, type="bcd16")
    assert Decoder([place], 0).decode(b"\x12\x3a", 0) == ((None,), (Quality.BAD_ENCODING,))
    assert Decoder([place], 0).decode(b"\x1e\x05", 0) == ((None,), (Quality.BAD_ENCODING,))


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=16), st.binary(max_size=8))
def test_a_string_ends_at_its_first_nul_whatever_is_behind(text: str, junk: bytes) -> None:
    data = (text.encode() + b"\0" + junk).ljust(32, b"\0")
    for order in ORDERS:
        place = PointAddress(address=0, type="string", length=16, order=order)
        swapped = "BADC" if order in {"BADC", "DCBA"} else "ABCD"
        assert Decoder([place], 0).decode(wire(data, swapped), 0) == ((text,), None)


def test_a_string_of_nuls_is_not_available_and_one_of_no_text_is_bad() -> None:
    place = PointAddress(address=0, type="string", length=2)
    assert Decoder([place], 0).decode(bytes(4), 0) == ((None,), (Quality.BAD_NOT_AVAILABLE,))
    assert Decoder([place], 0).decode(b"\xff\xfe\xff\xfe", 0) == ((None,), (Quality.BAD_ENCODING,))


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_what_is_not_finite_is_bad_and_its_neighbours_are_good(kind: str, wrong: float) -> None:
    data = struct.pack(f">{CODES[kind]}{CODES[kind]}h", 1.5, wrong, 7)
    size = struct.calcsize(f">{CODES[kind]}") // 2
    places = [PointAddress(address=0, type=kind), PointAddress(address=size, type=kind)]
    places.append(PointAddress(address=2 * size, type="int16"))
    values, quality = Decoder(places, 0).decode(data, 0)
    assert values == (1.5, None, 7)
    assert quality == (Quality.GOOD, Quality.BAD_NOT_A_NUMBER, Quality.GOOD)


def test_infinities_of_both_signs_do_not_cancel_out() -> None:
    places = [PointAddress(address=4 * i, type="float64") for i in range(2)]
    values, _ = Decoder(places, 0).decode(struct.pack(">dd", math.inf, -math.inf), 0)
    assert values == (None, None)


def test_values_whose_sum_overflows_are_good() -> None:
    places = [PointAddress(address=4 * i, type="float64") for i in range(2)]
    assert Decoder(places, 0).decode(struct.pack(">dd", 1.7e308, 1.7e308), 0) == ((1.7e308, 1.7e308), None)


@pytest.mark.parametrize(
    ("kind", "sentinel", "data"),
    [
        ("int16", 0x8000, b"\x80\x00"),
        ("int16", -32768, b"\x80\x00"),
        ("uint16", 0xFFFF, b"\xff\xff"),
        ("int32", "0x80000000", b"\x80\x00\x00\x00"),
        ("uint32", 0xFFFFFFFF, b"\xff\xff\xff\xff"),
        ("bcd16", 0xFFFF, b"\xff\xff"),
        ("float32", -9999.9, struct.pack(">f", -9999.9)),
        ("float32", 0x7F7FFFFF, b"\x7f\x7f\xff\xff"),
        ("int8_low", 0x80, b"\x00\x80"),
    ],
)
def test_a_sentinel_is_not_available_and_never_a_number(kind: str, sentinel: object, data: bytes) -> None:
    place = PointAddress.model_validate({"address": 0, "type": kind, "sentinel": sentinel})
    assert Decoder([place], 0).decode(data, 0) == ((None,), (Quality.BAD_NOT_AVAILABLE,))


def test_a_sentinel_of_one_point_is_a_value_of_another() -> None:
    places = [PointAddress(address=0, sentinel=[0xFFFF]), PointAddress(address=1)]
    assert Decoder(places, 0).decode(b"\x00\x01\xff\xff", 0) == ((1, 0xFFFF), None)


@given(st.integers(0, 2**64 - 1))
def test_a_64_bit_counter_stays_exact(value: int) -> None:
    assert Decoder([PointAddress(address=0, type="uint64")], 0).decode(value.to_bytes(8, "big"), 0) == ((value,), None)


def test_points_that_overlap_are_each_read() -> None:
    places = [PointAddress(address=0, type="uint32"), PointAddress(address=1, type="uint16"), PointAddress(address=0)]
    assert Decoder(places, 0).decode(b"\x00\x01\x00\x02", 0) == ((0x10002, 2, 1), None)


@given(st.sampled_from(list(RawType)), st.binary(min_size=8, max_size=8), st.sampled_from(ORDERS))
def test_none_stands_exactly_where_the_quality_is_bad(kind: RawType, data: bytes, order: str) -> None:
    length = 4 if kind is RawType.STRING else None
    place = PointAddress(address=0, type=kind, order=order, length=length)
    values, quality = Decoder([place], 0).decode(data, 0)
    assert (values[0] is None) == (quality is not None and quality[0].is_bad)


def test_registers_are_shown_as_people_read_them() -> None:
    data = struct.pack(">Hf", 1, 230.5)
    assert raw_text(PointAddress(address=11, type="float32"), data, 10) == "0x4366 0x8000"
    assert raw_text(PointAddress(table="coil", address=9), b"\x02\x02", 0) == "1"
