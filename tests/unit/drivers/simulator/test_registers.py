"""Registers: every type and order reads back as what was written."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.simulator.profiles import LAYOUTS
from drivers.simulator.registers import Layout, Register, Span, Table

ORDERS = ("ABCD", "CDAB", "BADC", "DCBA")
FORMATS = {"int32": ">i", "uint32": ">I", "int64": ">q", "uint64": ">Q", "float32": ">f", "float64": ">d"}


def decoded(words: list[int], kind: str, order: str) -> float:
    """The other direction, written on its own: undo the word order, then the byte order."""
    ordered = words if order[0] in "AB" else list(reversed(words))
    data = b"".join(struct.pack("<H" if order in ("BADC", "DCBA") else ">H", word) for word in ordered)
    value: float = struct.unpack(FORMATS[kind], data)[0]
    return value


@given(st.integers(min_value=0, max_value=2**31 - 1), st.sampled_from(ORDERS), st.sampled_from(sorted(FORMATS)))
def test_every_order_reads_back(number: int, order: str, kind: str) -> None:
    expected = struct.unpack(">f", struct.pack(">f", number))[0] if kind == "float32" else number
    assert decoded(Register("p", Table.INPUT, 0, kind, order).encode(number), kind, order) == expected


def test_the_letters_are_the_order_on_the_wire() -> None:
    wire = {order: Register("p", Table.INPUT, 0, "uint32", order).encode(0x41424344) for order in ORDERS}
    assert wire == {
        "ABCD": [0x4142, 0x4344],
        "CDAB": [0x4344, 0x4142],
        "BADC": [0x4241, 0x4443],
        "DCBA": [0x4443, 0x4241],
    }


def test_a_scaled_value_is_rounded_and_one_too_large_stops_at_the_limit() -> None:
    register = Register("p", Table.INPUT, 0, "int16", scale=0.1)
    assert register.encode(21.46) == [215]
    assert register.encode(-3.0) == [0x10000 - 30]
    assert register.encode(1e9) == [0x7FFF]


def test_no_value_is_the_sentinel_or_a_float_that_is_not_a_number() -> None:
    assert Register("p", Table.INPUT, 0, "int32", sentinel=0x7FFF_FFFF).encode(math.nan) == [0x7FFF, 0xFFFF]
    assert math.isnan(decoded(Register("p", Table.INPUT, 0, "float32").encode(math.nan), "float32", "ABCD"))


@given(st.integers(0, 9), st.integers(1, 10))
def test_any_part_of_a_span_reads_as_that_part_of_the_whole(start: int, count: int) -> None:
    layout = Layout(
        "some",
        (Register("a", Table.INPUT, 1, "float32"), Register("b", Table.INPUT, 5, "uint64", "CDAB")),
        (Span(Table.INPUT, 0, 10),),
    )
    values = {"a": 1.5, "b": 123456789012.0}
    whole = layout.read(Span(Table.INPUT, 0, 10), values)
    part = Span(Table.INPUT, start, min(count, 10 - start))
    assert layout.read(part, values) == whole[start : part.end]


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_the_registers_of_a_layout_lie_in_its_spans_and_do_not_overlap(layout: Layout) -> None:
    taken: set[tuple[Table, int]] = set()
    for register in layout.registers:
        assert layout.covers(Span(register.table, register.address, register.count))
        addresses = {(register.table, register.address + n) for n in range(register.count)}
        assert not taken & addresses
        taken |= addresses
