"""Requests and answers: the standard's exceptions, and a stream that is cut anywhere."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.simulator.pdu import BrokenStream, Request, read, take_requests
from drivers.simulator.registers import Layout, Register, Span, Table

LAYOUT = Layout(
    "some",
    (
        Register("running", Table.DISCRETE, 3, "bool"),
        Register("stopped", Table.DISCRETE, 9, "bool"),
        Register("load", Table.HOLDING, 10, "uint16"),
    ),
    (Span(Table.DISCRETE, 0, 16), Span(Table.HOLDING, 8, 8), Span(Table.HOLDING, 65_535, 1)),
)
VALUES = {"running": 1.0, "stopped": 0.0, "load": 77.0}


def answer(function: int, start: int, count: int, missing: str = "") -> bytes:
    return read(struct.pack(">BHH", function, start, count), LAYOUT, lambda point: point == missing, lambda: VALUES)


def test_registers_come_with_their_byte_count() -> None:
    assert answer(3, 9, 3) == bytes([3, 6, 0, 0, 0, 77, 0, 0])


def test_bits_come_least_significant_first_and_padded() -> None:
    assert answer(2, 0, 10) == bytes([2, 2, 0b0000_1000, 0])
    assert answer(2, 3, 1) == bytes([2, 1, 1])


@pytest.mark.parametrize(
    ("function", "start", "count", "code"),
    [
        pytest.param(6, 10, 1, 1, id="a write"),
        pytest.param(0x2B, 10, 1, 1, id="an unknown function"),
        pytest.param(3, 0, 1, 2, id="outside"),
        pytest.param(3, 12, 8, 2, id="beyond the end"),
        pytest.param(4, 10, 1, 2, id="another table"),
        pytest.param(3, 65_535, 2, 2, id="beyond 65535"),
        pytest.param(3, 10, 0, 3, id="nothing"),
        pytest.param(3, 10, 126, 3, id="too many registers"),
        pytest.param(2, 0, 2001, 3, id="too many bits"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_standards_code(
    function: int, start: int, count: int, code: int
) -> None:
    assert answer(function, start, count) == bytes([function | 0x80, code])


def test_a_request_of_the_wrong_length_is_an_illegal_value() -> None:
    assert read(b"\x03\x00\x0a", LAYOUT, lambda point: False, lambda: VALUES) == b"\x83\x03"


def test_a_point_that_is_missing_takes_the_whole_block_with_it() -> None:
    assert answer(3, 9, 3, missing="load") == b"\x83\x02"
    assert answer(3, 11, 3, missing="load")[0] == 3


frames = st.lists(
    st.tuples(st.integers(0, 65_535), st.integers(0, 255), st.binary(min_size=1, max_size=253)), max_size=4
)


@given(frames, st.data())
def test_requests_are_found_however_the_stream_is_cut(sent: list[tuple[int, int, bytes]], data: st.DataObject) -> None:
    requests = [Request(*one) for one in sent]
    stream = b"".join(request.answer(request.pdu) for request in requests)
    cut = data.draw(st.integers(0, len(stream)))
    buffer = bytearray(stream[:cut])
    found = take_requests(buffer)
    buffer += stream[cut:]
    assert found + take_requests(buffer) == requests
    assert not buffer


@pytest.mark.parametrize("head", [b"\x00\x01\x00\x05\x00\x06\x01", b"\x00\x01\x00\x00\x00\x01\x01", b"GET / HTTP/1.1"])
def test_what_is_no_modbus_breaks_the_stream(head: bytes) -> None:
    with pytest.raises(BrokenStream):
        take_requests(bytearray(head))
