"""One MQTT connection: paho-mqtt driven by the asyncio loop. The only file that knows paho.

paho's callbacks run inside `loop_read` and only append; each readiness of the socket hands over once.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from paho.mqtt import MQTTException
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from drivers.mqtt.config import Connection
from drivers.mqtt.frames import Message, pubacks, publish_at
from gateway.core.errors import Unavailable

MESSAGES_PER_TURN = 100  # about 2 ms of work; the rest waits for the next turn of the loop
READ_BYTES = 65_536
FILTERS_PER_PACKET = 100
BUSY_S = 0.05  # messages closer together than this are gathered ...
GATHER_S = 0.02  # ... for this long
GATHER_WINDOW = 200  # a smaller in-flight window would run empty meanwhile
_TAKEN_OVER, _KEEPALIVE = 142, 141  # reason codes (MQTT 5.0, 2.4); paho makes the second one itself
_OVERHEAD = 66_000  # of a packet beside its payload: the longest topic and some properties
# what paho lets out of loop_read when a broker sends rubbish
_RUBBISH = (struct.error, LookupError, ValueError, TypeError, AttributeError, MQTTException, OSError)


T = TypeVar("T")


class _Paho(Client):
    """paho, which hands PUBLISH packets over whole buffers at a time and writes acknowledgements as one.

    Some of its own steps are replaced, above all `_sock_recv` and `_packet_read`: paho asks the socket three times
    for each message and builds two dozen objects around it, which costs 17 us (25 with MQTT 5) where this costs 3.
    Whatever is not a whole PUBLISH goes paho's own way. `tests/unit/drivers/mqtt` notices when paho changes there.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, **settings)
        self.inbox: list[Message] = []
        self._data = b""
        self._at = 0
        self._is_drained = True

    @property
    def has_more(self) -> bool:
        """True where something waits to be read, or may: inside TLS the selector does not see it."""
        return self._at < len(self._data) or not self._is_drained

    def acknowledge(self, mids: Sequence[int]) -> None:
        self._packet_queue(PacketTypes.PUBACK << 4, pubacks(mids), mids[-1], 1)

    def _fill(self) -> None:
        """Read a buffer full, empty at the end of the stream. Raises BlockingIOError where nothing has arrived."""
        self._data, self._at, self._is_drained = b"", 0, True
        self._data = super()._sock_recv(READ_BYTES)
        self._is_drained = len(self._data) < READ_BYTES and not isinstance(self.socket(), ssl.SSLSocket)

    def _sock_recv(self, bufsize: int) -> bytes:
        if self._at >= len(self._data):
            self._fill()
        part = self._data[self._at : self._at + bufsize]
        self._at += len(part)
        return part

    def _packet_read(self) -> MQTTErrorCode:
        if self._in_packet["command"] == 0:
            if self._at >= len(self._data):
                try:
                    self._fill()
                except BlockingIOError:
                    return MQTTErrorCode.MQTT_ERR_AGAIN
                except OSError:
                    return MQTTErrorCode.MQTT_ERR_CONN_LOST
                if not self._data:
                    return MQTTErrorCode.MQTT_ERR_CONN_LOST
            if self._read_messages():
                return MQTTErrorCode.MQTT_ERR_SUCCESS
        return super()._packet_read()

    def _ssl_wrap_socket(self, tcp_sock: socket.socket) -> ssl.SSLSocket:
        """With the handshake inside the wrapping, which closes the socket when it fails; paho leaves it open."""
        assert self._ssl_context is not None
        return self._ssl_context.wrap_socket(tcp_sock, server_hostname=self.host)

    def _read_messages(self) -> bool:
        """All whole messages at the front of what was read, up to `MESSAGES_PER_TURN`; False: there is none."""
        inbox, data, is_5 = self.inbox, self._data, self._protocol == MQTTProtocolVersion.MQTTv5
        before = len(inbox)
        while len(inbox) < MESSAGES_PER_TURN and (found := publish_at(data, self._at, is_5=is_5)) is not None:
            message, self._at = found
            inbox.append(message)
        return len(inbox) > before


class Link:
    """One connection to a broker, from `open` to `close`; made anew for each attempt. `lost` fails when it drops."""

    def __init__(
        self,
        options: Connection,
        client_id: str,
        deliver: Callable[[list[Message]], None],
        *,
        is_persistent: bool,
        timeout_s: float = 5.0,
    ) -> None:
        """`deliver` gets the messages of one loop turn, in order, also before `subscribe` has returned."""
        self._options = options
        self._client_id = client_id
        self._deliver = deliver
        self._is_persistent = is_persistent
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()
        self._client = _client(options, client_id, is_persistent=is_persistent, timeout_s=timeout_s)
        self._connack: asyncio.Future[bool] = self._loop.create_future()
        self._subacks: dict[int, asyncio.Future[Sequence[ReasonCode]]] = {}
        self._tick_timer: asyncio.TimerHandle | None = None
        self._gather_timer: asyncio.TimerHandle | None = None
        self._read_at = 0.0  # loop time
        self._may_gather = options.qos == 0 or options.window >= GATHER_WINDOW
        self._file: int | None = None  # registered with the loop
        self._is_closed = False
        self.lost: asyncio.Future[None] = self._loop.create_future()

    async def open(self) -> bool:
        """Connect. True where the broker kept the session of an earlier connection. Raises `Unavailable`."""
        try:
            async with asyncio.timeout(2 * self._timeout_s):
                await self._loop.run_in_executor(None, self._dial)
        except TimeoutError:
            raise self._unavailable(
                "no connection in time", "check `host` and `port`, and for a firewall between"
            ) from None
        except (OSError, ValueError) as error:
            raise self._unavailable(f"no connection: {_reason(error)}", _hint(error, self._options)) from error
        self._attach()
        return await self._answer(self._connack, "the connect request", _no_connack(self._options))

    async def subscribe(self, filters: Sequence[str]) -> dict[str, str]:
        """Subscribe to all filters. Returns those that the broker refused, with its reason. Raises `Unavailable`."""
        refused: dict[str, str] = {}
        for start in range(0, len(filters), FILTERS_PER_PACKET):
            part = filters[start : start + FILTERS_PER_PACKET]
            _, mid = self._client.subscribe([(topic, int(self._options.qos)) for topic in part])
            if mid is None:
                raise self._unavailable("the connection was lost", "the gateway tries again")
            answer = self._subacks[mid] = self._loop.create_future()
            codes = await self._answer(answer, "a subscription", "its log says more")
            refused |= {topic: str(code) for topic, code in zip(part, codes, strict=False) if code.is_failure}
        return refused

    def acknowledge(self, mids: Sequence[int]) -> None:
        """Acknowledge messages of this connection, in this order."""
        self._client.acknowledge(mids)

    def drop(self, error: Unavailable) -> None:
        """Give the connection up for a reason of our own: `lost` fails with it, nothing is read any more."""
        if self._file is not None:
            self._loop.remove_reader(self._file)
        if not self.lost.done():
            self.lost.set_exception(error)

    def close(self) -> None:
        """Say good-bye where possible and let go of the socket; the session stays at the broker."""
        self._is_closed = True
        if self._file is not None:
            self._client.disconnect()
            self._client.loop_write()
        self._detach()
        if (sock := self._client.socket()) is not None:
            sock.close()
        waiting: list[asyncio.Future[Any]] = [self.lost, self._connack, *self._subacks.values()]
        for future in waiting:
            if not future.cancel() and not future.cancelled():
                future.exception()  # seen: nobody else is going to ask

    async def _answer(self, answer: "asyncio.Future[T]", what: str, hint: str) -> T:
        """Wait for an answer of the broker, not for ever and not beyond the connection."""
        either: set[asyncio.Future[Any]] = {answer, self.lost}
        await asyncio.wait(either, timeout=self._timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        if self.lost.done():
            self.lost.result()
        raise self._unavailable(f"no answer to {what} within {self._timeout_s:g} s", hint)

    def _dial(self) -> None:
        """In a thread: name resolution, connection, TLS and CONNECT. Callbacks are attached afterwards, on the loop."""
        options = self._options
        if options.tls is not None:
            self._client.tls_set_context(_tls_context(options))
        extra: dict[str, Any] = {}
        if options.protocol == "5":
            properties = _connect_properties(options, is_persistent=self._is_persistent)
            extra = {"clean_start": not self._is_persistent, "properties": properties}
        self._client.connect(options.host, options.port, round(options.keepalive), **extra)
        if self._is_closed and (sock := self._client.socket()) is not None:
            sock.close()  # nobody waits any longer

    def _attach(self) -> None:
        client = self._client
        sock = client.socket()
        if sock is None:
            raise self._unavailable("the connection was closed at once", "is it a broker that listens there?")
        self._file = sock.fileno()
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_socket_close = self._on_socket_close
        client.on_socket_register_write = self._on_register_write
        client.on_socket_unregister_write = self._on_unregister_write
        self._loop.add_reader(self._file, self._readable)
        if client.want_write():
            self._loop.add_writer(self._file, self._writable)
        self._tick()

    def _detach(self) -> None:
        for timer in (self._tick_timer, self._gather_timer):
            if timer is not None:
                timer.cancel()
        if self._file is not None:
            self._loop.remove_reader(self._file)
            self._loop.remove_writer(self._file)
            self._file = None

    def _readable(self) -> None:
        """Read what has arrived, up to `MESSAGES_PER_TURN`, and hand it over at once."""
        client = self._client
        try:
            client.loop_read()
        except _RUBBISH as error:
            self._fail(f"the broker sent what is not MQTT: {_reason(error)}", "is it a broker that listens there?")
        messages, client.inbox = client.inbox, []
        if messages:
            self._deliver(messages)
        now = self._loop.time()
        if self._file is not None and client.has_more:
            self._loop.call_soon(self._readable)
        elif messages and self._may_gather and now - self._read_at < BUSY_S:
            self._gather()
        self._read_at = now

    def _gather(self) -> None:
        """Busy: let messages collect in the socket for a moment. A wake-up costs more than what a message does."""
        if self._file is not None and self._gather_timer is None:
            self._loop.remove_reader(self._file)
            self._gather_timer = self._loop.call_later(GATHER_S, self._resume)

    def _resume(self) -> None:
        self._gather_timer = None
        if self._file is not None:
            self._loop.add_reader(self._file, self._readable)
            self._readable()

    def _writable(self) -> None:
        """Write what waits; `_on_unregister_write` ends this when nothing does any longer."""
        self._client.loop_write()
        if self._file is not None and self._client.want_write():
            self._loop.add_writer(self._file, self._writable)

    def _tick(self) -> None:
        """Keepalive, once a second."""
        self._client.loop_misc()
        if self._file is not None:
            self._tick_timer = self._loop.call_later(1.0, self._tick)

    def _on_message(self, client: Client, data: Any, raw: MQTTMessage) -> None:
        """A message that did not arrive in one piece."""
        try:
            topic = raw.topic
        except UnicodeDecodeError:
            topic = "\ufffd"  # as `publish_at` does: the topic of no device
        self._client.inbox.append(Message(topic, bytes(raw.payload), raw.qos, raw.retain, raw.dup, raw.mid))

    def _on_connect(
        self, client: Client, data: Any, flags: Any, code: ReasonCode, properties: Properties | None
    ) -> None:
        if self._connack.done():
            return
        if code.is_failure:
            is_login = code.value in {134, 135}  # bad user name or password; not authorized (MQTT 5.0, 3.2.2.2)
            hint = "check `username`, `password` and the broker's access list" if is_login else "its log says more"
            self._connack.set_exception(self._unavailable(f"the broker refuses the connection: {code}", hint))
        else:
            self._connack.set_result(bool(flags.session_present))

    def _on_subscribe(
        self, client: Client, data: Any, mid: int, codes: list[ReasonCode], properties: Properties | None
    ) -> None:
        answer = self._subacks.pop(mid, None)
        if answer is not None and not answer.done():
            answer.set_result(codes)

    def _on_disconnect(self, client: Client, data: Any, flags: Any, code: ReasonCode, properties: Any) -> None:
        name = f"client id `{self._client_id}`"
        if code.value == _TAKEN_OVER:
            self._fail(f"another client took over {name}", "every client needs an id of its own: set `client_id`")
        elif flags.is_disconnect_packet_from_server:
            self._fail(f"the broker ended the connection: {code}", "its log says more")
        elif code.value == _KEEPALIVE:
            self._fail(f"no sign of life within {self._options.keepalive:g} s", "is the host up, and the network?")
        elif self._connack.done():
            self._fail("the broker closed the connection", f"if this repeats often, look for a second {name}")
        else:
            self._fail("the broker closed the connection", _no_connack(self._options))

    def _on_socket_close(self, client: Client, data: Any, sock: Any) -> None:
        self._detach()

    def _on_register_write(self, client: Client, data: Any, sock: Any) -> None:
        self._loop.call_soon(self._writable)  # mostly writable at once: cheaper than asking the selector first

    def _on_unregister_write(self, client: Client, data: Any, sock: Any) -> None:
        if self._file is not None:
            self._loop.remove_writer(self._file)

    def _fail(self, message: str, hint: str) -> None:
        self._detach()
        if not self.lost.done():
            self.lost.set_exception(self._unavailable(message, hint))

    def _unavailable(self, message: str, hint: str) -> Unavailable:
        return Unavailable(f"broker {self._options.endpoint}: {message}", hint)


def _client(options: Connection, client_id: str, *, is_persistent: bool, timeout_s: float) -> _Paho:
    is_5 = options.protocol == "5"
    client = _Paho(
        client_id=client_id,
        clean_session=None if is_5 else not is_persistent,
        protocol=MQTTProtocolVersion.MQTTv5 if is_5 else MQTTProtocolVersion.MQTTv311,
        reconnect_on_failure=False,  # otherwise it dials again by itself, blocking the loop
        manual_ack=True,
    )
    client.connect_timeout = timeout_s
    if options.username is not None:
        client.username_pw_set(options.username, options.password.reveal() if options.password else None)
    return client


def _connect_properties(options: Connection, *, is_persistent: bool) -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.ReceiveMaximum = options.window
    properties.SessionExpiryInterval = round(options.session_expiry) if is_persistent else 0
    properties.MaximumPacketSize = options.max_payload + _OVERHEAD
    return properties


def _tls_context(options: Connection) -> ssl.SSLContext:
    tls = options.tls
    assert tls is not None
    context = ssl.create_default_context(cafile=tls.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if tls.cert is not None:
        context.load_cert_chain(tls.cert, tls.key)
    return context


def _no_connack(options: Connection) -> str:
    return "if it knows only MQTT 3.1.1, set `protocol: 3.1.1`" if options.protocol == "5" else "is it an MQTT broker?"


def _reason(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text or type(error).__name__


def _hint(error: Exception, options: Connection) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "is `tls: ca:` the authority that signed the broker's certificate, and `host` the name in it?"
    if isinstance(error, ssl.SSLError):
        return "does the broker speak TLS on this port?"
    if isinstance(error, FileNotFoundError | PermissionError):
        return "check the files under `tls`"
    return f"is the broker running, and does it listen at {options.endpoint}?"
