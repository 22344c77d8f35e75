"""Modbus requests and answers as bytes (MODBUS Application Protocol V1.1b3; MODBUS Messaging on TCP/IP V1.0b, 3.1)."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from drivers.simulator.registers import Layout, Span, Table

_TABLES = {1: Table.COIL, 2: Table.DISCRETE, 3: Table.HOLDING, 4: Table.INPUT}
_MAX_BITS, _MAX_REGISTERS = 2000, 125  # V1.1b3, 6.1 and 6.3
_MBAP = struct.Struct(">HHHB")
_MAX_LENGTH = 254  # unit id and a PDU of at most 253 bytes


class Refusal(IntEnum):
    """Exception codes (V1.1b3, 7)."""

    FUNCTION = 1
    ADDRESS = 2
    VALUE = 3
    BUSY = 6
    NO_TARGET = 0x0B


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came."""

    transaction: int
    unit: int
    pdu: bytes

    def answer(self, pdu: bytes) -> bytes:
        """The frame that answers it."""
        return _MBAP.pack(self.transaction, 0, len(pdu) + 1, self.unit) + pdu

    def refuse(self, code: Refusal) -> bytes:
        """The frame that refuses it."""
        return self.answer(refusal(self.pdu, code))


class BrokenStream(Exception):
    """What came is no Modbus TCP; nothing after it can be found again."""


def take_requests(buffer: bytearray) -> list[Request]:
    """Take every complete request out of `buffer`. Raises BrokenStream."""
    requests = []
    while len(buffer) >= _MBAP.size:
        transaction, protocol, length, unit = _MBAP.unpack_from(buffer)
        if protocol != 0 or not 2 <= length <= _MAX_LENGTH:
            raise BrokenStream(f"protocol id {protocol}, length {length}")
        end = 6 + length
        if len(buffer) < end:
            break
        requests.append(Request(transaction, unit, bytes(buffer[_MBAP.size : end])))
        del buffer[:end]
    return requests


def refusal(pdu: bytes, code: Refusal) -> bytes:
    """The PDU that refuses this one."""
    return bytes((pdu[0] | 0x80, code))


def asked(pdu: bytes) -> Span | Refusal:
    """What a read request asks for, or why it is refused before the device is looked at."""
    table = _TABLES.get(pdu[0])
    if table is None:
        return Refusal.FUNCTION
    if len(pdu) != 5:
        return Refusal.VALUE
    start, count = struct.unpack(">HH", pdu[1:])
    if not 1 <= count <= (_MAX_BITS if pdu[0] <= 2 else _MAX_REGISTERS):
        return Refusal.VALUE
    span = Span(table, start, count)
    return span if span.end <= 0x10000 else Refusal.ADDRESS


def read(pdu: bytes, layout: Layout, missing: Callable[[str], bool], values: Callable[[], dict[str, float]]) -> bytes:
    """The PDU that answers a request to a device with this layout; points that are `missing` have no registers."""
    span = asked(pdu)
    if isinstance(span, Refusal):
        return refusal(pdu, span)
    if not layout.covers(span) or any(missing(register.point) for register in layout.within(span)):
        return refusal(pdu, Refusal.ADDRESS)
    words = layout.read(span, values())
    data = _bits(words) if pdu[0] <= 2 else struct.pack(f">{len(words)}H", *words)
    return bytes((pdu[0], len(data))) + data


def _bits(bits: list[int]) -> bytes:
    """Eight bits a byte, the first one least significant (V1.1b3, 6.1)."""
    number = sum(bit << at for at, bit in enumerate(bits))
    return number.to_bytes((len(bits) + 7) // 8, "little")
