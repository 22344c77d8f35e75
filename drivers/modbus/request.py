"""One read as bytes, and what its answer must look like. Pure."""

import struct

from drivers.modbus.plan import Read

ANSWER_HEADER_BYTES = 9  # transaction id, protocol id, length, unit, function, byte count
EXCEPTION_BIT = 0x80

EXCEPTIONS = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "server device failure",
    5: "acknowledge, not done yet",
    6: "server device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target device failed to respond",
}
"""Names of Modbus Application Protocol V1.1b3, section 7."""


class Request:
    """A read of one unit, compiled: everything but the transaction id stands ready."""

    __slots__ = ("answer_head", "answer_size", "data_bytes", "device", "read", "tail", "unit_id")

    def __init__(self, device: str, unit_id: int, read: Read) -> None:
        function, size = read.table.function, read.data_bytes
        self.device = device  # id, for whoever watches frames
        self.unit_id = unit_id
        self.read = read
        self.data_bytes = size
        self.tail = struct.pack(">HHBBHH", 0, 6, unit_id, function, read.start, read.count)
        self.answer_head = struct.pack(">HHBBB", 0, 3 + size, unit_id, function, size)
        self.answer_size = ANSWER_HEADER_BYTES + size

    def objection(self, frame: bytes) -> str:
        """Why a frame with the right transaction id is no answer to this; empty for data and for an exception."""
        unit, function = frame[6], frame[7]
        asked = self.read.table.function
        if unit != self.unit_id:
            return f"unit {unit} answered for unit {self.unit_id}"
        if function == asked | EXCEPTION_BIT:
            return "" if len(frame) == ANSWER_HEADER_BYTES else f"an exception of {len(frame)} bytes"
        if function != asked:
            return f"function {function} answered function {asked}"
        if len(frame) != self.answer_size or frame[8] != self.data_bytes:
            return f"{len(frame) - ANSWER_HEADER_BYTES} bytes of data answered a request for {self.data_bytes}"
        return ""

    def __repr__(self) -> str:
        return f"<{self.read.table} {self.read.start} + {self.read.count} of unit {self.unit_id}>"


def exception_text(code: int) -> str:
    """`exception 2, illegal data address`."""
    return f"exception {code}, {EXCEPTIONS.get(code, 'not in the standard')}"
