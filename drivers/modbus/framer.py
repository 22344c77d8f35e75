"""A TCP byte stream cut into Modbus frames. Pure: bytes in, whole frames out.

Frame (Modbus Messaging on TCP/IP V1.0b, 3.1.3): transaction id 2, protocol id 2 (zero), length 2, unit 1, function 1,
data; length counts from the unit on.
"""

HEADER_BYTES = 6
MIN_LENGTH = 2  # unit and function
MAX_LENGTH = 254  # unit and a PDU of at most 253 bytes (ibid., 3.1.2)


class Framer:
    """Collects the bytes of one connection and gives whole frames.

    `garbage` says why the stream holds no frames any more; from then on nothing more comes. TCP loses no bytes, so a
    stream that is out of step stays suspect: the connection is to be closed, not searched for the next frame.
    """

    __slots__ = ("_pending", "garbage")

    def __init__(self) -> None:
        self._pending = b""
        self.garbage = ""

    @property
    def is_empty(self) -> bool:
        """True where no part of a frame waits for its rest."""
        return not self._pending and not self.garbage

    def feed(self, data: bytes) -> list[bytes]:
        """Whole frames that `data` completes, in order."""
        stream = self._pending + data if self._pending else data
        frames: list[bytes] = []
        start = 0
        while not self.garbage and len(stream) - start >= HEADER_BYTES:
            length = int.from_bytes(stream[start + 4 : start + 6], "big")
            self.garbage = _objection(stream[start + 2 : start + 4], length)
            end = start + HEADER_BYTES + length
            if self.garbage or end > len(stream):
                break
            frames.append(stream[start:end])
            start = end
        self._pending = b"" if self.garbage else stream[start:]
        return frames


def _objection(protocol_id: bytes, length: int) -> str:
    if protocol_id != b"\0\0":
        return f"protocol id {protocol_id.hex()} instead of 0000"
    if not MIN_LENGTH <= length <= MAX_LENGTH:
        return f"length {length}, not {MIN_LENGTH} to {MAX_LENGTH}"
    return ""
