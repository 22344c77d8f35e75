"""PUBLISH and PUBACK on the wire, the two packets of which there are many. Pure; everything rarer is the library's.

MQTT 3.1.1 and 5.0, sections 2.1 (fixed header), 3.3 (PUBLISH) and 3.4 (PUBACK).
"""

import struct
from collections.abc import Iterable
from typing import NamedTuple

_PUBACK = struct.Struct(">BBH")


class Message(NamedTuple):
    """A message as it arrived."""

    topic: str  # bytes that are not UTF-8 replaced: such a topic belongs to no device
    payload: bytes
    qos: int
    retain: bool
    dup: bool
    mid: int  # 0 with QoS 0


def publish_at(data: bytes, at: int, *, is_5: bool) -> tuple[Message, int] | None:
    """The PUBLISH (QoS 0 or 1) that starts at `at`, and where the next packet starts.

    `None` where another packet starts there, or its end has not arrived. Raises ValueError where its lengths lie.
    """
    if at >= len(data) or data[at] & 0xF0 != 0x30 or data[at] & 0x06 > 2:
        return None
    header = data[at]
    length = _varint(data, at + 1, len(data))
    if length is None:
        return None
    start = length[1]
    end = start + length[0]
    if end > len(data):
        return None
    topic_end = start + 2 + int.from_bytes(data[start : start + 2])
    body, mid, qos = topic_end, 0, (header & 0x06) >> 1
    if qos:
        body += 2
        mid = int.from_bytes(data[topic_end:body])
    if is_5 and data[body : body + 1] == b"\0" and body < end:  # no properties, as nearly always
        body += 1
    elif is_5 and body < end:
        properties = _varint(data, body, end)
        body = end + 1 if properties is None else properties[1] + properties[0]
    elif is_5:
        body = end + 1
    if body > end or topic_end == start + 2:
        raise ValueError("a PUBLISH packet whose lengths do not fit")
    topic = data[start + 2 : topic_end].decode(errors="replace")
    return Message(topic, data[body:end], qos, bool(header & 1), bool(header & 8), mid), end


def pubacks(mids: Iterable[int]) -> bytes:
    """Acknowledgements for these messages, in this order; in MQTT 5 the short form means success (3.4.2.1)."""
    return b"".join([_PUBACK.pack(0x40, 2, mid) for mid in mids])


def _varint(data: bytes, at: int, end: int) -> tuple[int, int] | None:
    """A variable byte integer (1.5.5) and where it ends; `None` where it does not before `end`."""
    if at + 1 < end and data[at + 1] < 0x80 <= data[at]:  # two bytes: the length of most messages
        return data[at] & 0x7F | data[at + 1] << 7, at + 2
    value = 0
    for position in range(4):
        if at + position >= end:
            return None
        byte = data[at + position]
        value |= (byte & 0x7F) << 7 * position
        if byte < 0x80:
            return value, at + position + 1
    raise ValueError("a length of more than four bytes")
