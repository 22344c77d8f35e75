"""PUBLISH packets on the wire: read whole or left alone, never misread."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paho.mqtt.enums import MQTTErrorCode, MQTTProtocolVersion

from drivers.mqtt.client import _Paho
from drivers.mqtt.frames import Message, pubacks, publish_at

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine

TOPICS = st.text(st.characters(blacklist_characters="\0+#", blacklist_categories=["Cs"]), min_size=1, max_size=60)
MESSAGES = st.builds(
    Message,
    topic=TOPICS,
    payload=st.binary(max_size=300),
    qos=st.sampled_from([0, 1]),
    retain=st.booleans(),
    dup=st.booleans(),
    mid=st.integers(1, 65535),
).map(lambda m: m if m.qos else m._replace(mid=0, dup=False))


def varint(number: int) -> bytes:
    out = bytearray()
    while True:
        number, byte = divmod(number, 128)
        out.append(byte | (0x80 if number else 0))
        if not number:
            return bytes(out)


def encode(message: Message, *, is_5: bool, properties: bytes = b"") -> bytes:
    topic = message.topic.encode()
    body = len(topic).to_bytes(2) + topic
    body += message.mid.to_bytes(2) if message.qos else b""
    body += varint(len(properties)) + properties if is_5 else b""
    body += message.payload
    return bytes([0x30 | message.dup << 3 | message.qos << 1 | message.retain]) + varint(len(body)) + body


@patient
@given(MESSAGES, st.booleans(), st.binary(max_size=40), st.binary(max_size=200))
def test_a_message_comes_out_as_it_went_in_whatever_follows(
    message: Message, is_5: bool, rest: bytes, properties: bytes
) -> None:
    wire = encode(message, is_5=is_5, properties=properties)
    assert publish_at(wire + rest, 0, is_5=is_5) == (message, len(wire))


@patient
@given(MESSAGES, st.booleans(), st.data())
def test_a_message_of_which_a_part_is_missing_is_left_alone(message: Message, is_5: bool, data: st.DataObject) -> None:
    wire = encode(message, is_5=is_5)
    cut = data.draw(st.integers(0, len(wire) - 1))
    assert publish_at(wire[:cut], 0, is_5=is_5) is None


@patient
@given(st.binary(max_size=80), st.booleans())
def test_any_bytes_are_a_message_or_none_or_refused(data: bytes, is_5: bool) -> None:
    try:
        found = publish_at(data, 0, is_5=is_5)
    except ValueError:
        return
    assert found is None or (0 < found[1] <= len(data) and found[0].topic)


@pytest.mark.parametrize(
    "wire",
    [
        b"\x30\x02\x00\x09",  # a topic longer than the packet
        b"\x32\x03\x00\x01a",  # no room for the message id
        b"\x30\x02\x00\x00",  # no topic
        b"\x30\xff\xff\xff\xff\x01",  # a length of five bytes
    ],
)
def test_lengths_that_lie_are_refused(wire: bytes) -> None:
    with pytest.raises(ValueError, match="length"):
        publish_at(wire, 0, is_5=False)


def test_properties_longer_than_the_packet_are_refused() -> None:
    with pytest.raises(ValueError, match="lengths"):
        publish_at(b"\x30\x04\x00\x01a\x7f", 0, is_5=True)


def test_other_packets_are_left_to_the_library() -> None:
    for first in (0x20, 0x34, 0x40, 0x90, 0xD0, 0xE0):  # 0x34: PUBLISH with QoS 2
        assert publish_at(bytes([first, 2, 0, 1]), 0, is_5=True) is None


def test_a_topic_that_is_not_utf8_does_no_harm() -> None:
    found = publish_at(b"\x30\x03\x00\x01\xff", 0, is_5=False)
    assert found is not None
    assert found[0].topic == "\ufffd"


def test_acknowledgements_keep_their_order() -> None:
    assert pubacks([7, 258]) == b"\x40\x02\x00\x07\x40\x02\x01\x02"


class Wire:
    """A socket that gives what was put on it, in the pieces in which it was put there."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces
        self.sent = b""

    def recv(self, size: int) -> bytes:
        if not self.pieces:
            raise BlockingIOError
        piece = self.pieces.pop(0)
        if len(piece) > size:
            self.pieces.insert(0, piece[size:])
        return piece[:size]

    def send(self, data: bytes) -> int:
        self.sent += data
        return len(data)

    def fileno(self) -> int:
        return -1

    def close(self) -> None: ...


def client_on(wire: Wire, *, is_5: bool) -> _Paho:
    settings = {"protocol": MQTTProtocolVersion.MQTTv5} if is_5 else {"protocol": MQTTProtocolVersion.MQTTv311}
    client = _Paho(client_id="test", manual_ack=True, **settings)
    client.on_message = lambda _, __, raw: client.inbox.append(
        Message(raw.topic, bytes(raw.payload), raw.qos, raw.retain, raw.dup, raw.mid)
    )
    client._sock = wire  # type: ignore[assignment]
    return client


@patient
@given(st.lists(MESSAGES, min_size=1, max_size=8), st.booleans(), st.lists(st.integers(0, 700), max_size=8))
def test_paho_hands_over_every_message_in_order_however_the_stream_is_cut(
    messages: list[Message], is_5: bool, cuts: list[int]
) -> None:
    stream = b"".join(encode(message, is_5=is_5) for message in messages)
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    wire = Wire([stream[a:b] for a, b in pairwise(places)])
    client = client_on(wire, is_5=is_5)
    for _ in range(4 * len(places) + 4 * len(messages)):
        assert client.loop_read() == MQTTErrorCode.MQTT_ERR_SUCCESS
    assert client.inbox == messages
    assert not client.has_more


def test_paho_takes_a_turn_s_share_at_a_time() -> None:
    message = Message("a", b"1", 1, False, False, 9)
    client = client_on(Wire([encode(message, is_5=False) * 250]), is_5=False)
    client.loop_read()
    assert len(client.inbox) == 100
    assert client.has_more


def test_paho_writes_acknowledgements_as_one() -> None:
    wire = Wire([])
    client = client_on(wire, is_5=True)
    client.acknowledge([1, 2, 3])
    client.loop_write()
    assert wire.sent == pubacks([1, 2, 3])


def test_paho_notices_the_end_of_the_stream() -> None:
    client = client_on(Wire([b""]), is_5=False)
    assert client.loop_read() == MQTTErrorCode.MQTT_ERR_CONN_LOST
