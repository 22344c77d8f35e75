"""One read as bytes: pymodbus understands it, and only an answer that fits is taken."""

from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU

from drivers.modbus.plan import Field, Read, Table
from drivers.modbus.request import Request, exception_text

REQUEST = Request("d", 12, Read(Table.HOLDING, (Field(100, 102, (0,)),)))
GOOD = b"\0\7\0\0\0\7\x0c\x03\x04\1\2\3\4"


@given(st.sampled_from(list(Table)), st.integers(0, 65000), st.integers(1, 125), st.integers(0, 255))
def test_pymodbus_reads_the_same_request(table: Table, start: int, count: int, unit: int) -> None:
    request = Request("d", unit, Read(table, (Field(start, start + count, (0,)),)))
    _, their_unit, _, pdu = FramerSocket(DecodePDU(True)).decode(b"\0\1" + request.tail)
    decoded = DecodePDU(True).decode(pdu)
    assert decoded is not None
    assert (their_unit, decoded.function_code) == (unit, table.function)
    assert (decoded.address, decoded.count) == (start, count)


def test_the_answer_that_fits_is_taken_by_both_ways_of_looking() -> None:
    assert GOOD[2:].startswith(REQUEST.answer_head)
    assert len(GOOD) == REQUEST.answer_size
    assert REQUEST.objection(GOOD) == ""


def test_an_exception_of_the_right_unit_and_function_is_an_answer() -> None:
    assert REQUEST.objection(b"\0\7\0\0\0\3\x0c\x83\x02") == ""


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255), st.binary(max_size=10))
def test_nothing_else_is(unit: int, function: int, size: int, data: bytes) -> None:
    frame = b"\0\7\0\0" + (3 + len(data)).to_bytes(2, "big") + bytes([unit, function, size]) + data
    fits = unit == 12 and ((function == 3 and size == 4 == len(data)) or (function == 0x83 and not data))
    assert (REQUEST.objection(frame) == "") == fits


def test_exceptions_have_their_names() -> None:
    assert exception_text(2) == "exception 2, illegal data address"
    assert "not in the standard" in exception_text(99)
