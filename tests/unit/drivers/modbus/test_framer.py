"""The framer: however a stream is cut into pieces the frames are the same, and pymodbus sees the same frames."""

import itertools

from hypothesis import given
from hypothesis import strategies as st
from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU

from drivers.modbus.framer import MAX_LENGTH, Framer

pdus = st.binary(min_size=2, max_size=MAX_LENGTH - 1)


def frame(tid: int, unit: int, pdu: bytes) -> bytes:
    return tid.to_bytes(2, "big") + b"\0\0" + (len(pdu) + 1).to_bytes(2, "big") + bytes([unit]) + pdu


frames = st.lists(st.builds(frame, st.integers(0, 0xFFFF), st.integers(0, 255), pdus), min_size=1, max_size=6)


def fed(pieces: list[bytes]) -> list[bytes]:
    framer = Framer()
    return [whole for piece in pieces for whole in framer.feed(piece)]


@given(frames, st.data())
def test_any_split_of_a_stream_gives_the_same_frames(whole: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(whole)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    pieces = [stream[a:b] for a, b in itertools.pairwise([0, *cuts, len(stream)])]
    assert fed(pieces) == whole


@given(frames)
def test_a_stream_dripping_byte_by_byte_gives_the_same_frames(whole: list[bytes]) -> None:
    assert fed([bytes([byte]) for byte in b"".join(whole)]) == whole


@given(st.integers(1, 0xFFFF), st.integers(0, 255), pdus)
def test_pymodbus_sees_the_same_frame(tid: int, unit: int, pdu: bytes) -> None:
    (whole,) = fed([frame(tid, unit, pdu)])
    used, their_unit, their_tid, their_pdu = FramerSocket(DecodePDU(False)).decode(frame(tid, unit, pdu))
    assert (used, their_unit, their_tid, their_pdu) == (
        len(whole),
        whole[6],
        int.from_bytes(whole[:2], "big"),
        whole[7:],
    )


@given(frames, st.binary(min_size=6, max_size=40).filter(lambda some: some[2:4] != b"\0\0"))
def test_garbage_ends_the_stream_behind_the_frames_before_it(whole: list[bytes], garbage: bytes) -> None:
    framer = Framer()
    assert framer.feed(b"".join(whole) + garbage) == whole
    assert "protocol id" in framer.garbage
    assert framer.feed(b"".join(whole)) == []
    assert not framer.is_empty


def test_a_length_that_no_frame_has_is_garbage() -> None:
    for length in (0, 1, 255, 0xFFFF):
        framer = Framer()
        assert framer.feed(b"\0\1\0\0" + length.to_bytes(2, "big") + b"\1\3\0\0") == []
        assert str(length) in framer.garbage


@given(st.lists(st.binary(max_size=300), max_size=8))
def test_whatever_comes_nothing_breaks_and_little_is_kept(pieces: list[bytes]) -> None:
    for whole in fed(pieces):
        assert len(whole) == 6 + int.from_bytes(whole[4:6], "big")
