"""Publishing over a connection of its own: the only file that knows aiomqtt.

aiomqtt acknowledges nothing itself and forgets why a broker refused a message; both are made up for here.
"""

import asyncio
import ssl
from collections.abc import Sequence
from typing import Any

import aiomqtt
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.reasoncodes import ReasonCode

from drivers.mqtt.config import ChannelOptions
from drivers.mqtt.notices import Outgoing
from gateway.core.errors import Rejected, Unavailable

_HANDSHAKE_S = 8  # aiomqtt's keepalive: also the longest that paho waits for a TLS handshake
_GOODBYE_S = 0.5
_CLOSED = "the broker closed the connection"
_LOGIN = frozenset({133, 134, 135, 138, 140})  # client id, user or password, not authorised, banned, method (2.4)
_FINAL = frozenset({135, 144, 149, 153, 155})  # not authorised, topic invalid, too large, payload, QoS (2.4)


class _Client(aiomqtt.Client):
    """Keeps the reason code of a message that the broker acknowledged with a refusal (MQTT 5, 3.4.2.1), and notices
    at once that the connection is lost, where aiomqtt would wait for its time-out."""

    refusal: ReasonCode | None = None
    is_lost = False
    is_given_up = False

    def _on_publish(self, client: Any, userdata: Any, mid: int, reason_code: ReasonCode, properties: Any) -> None:
        if reason_code.is_failure:
            self.refusal = reason_code
        super()._on_publish(client, userdata, mid, reason_code, properties)

    def _on_disconnect(
        self, client: Any, userdata: Any, flags: Any, reason_code: ReasonCode, properties: Any = None
    ) -> None:
        if self.is_given_up:
            return
        super()._on_disconnect(client, userdata, flags, reason_code, properties)
        self._loop.call_soon_threadsafe(self._stop_waiting)  # it may be called in the thread that connects

    def _stop_waiting(self) -> None:
        self.is_lost = True
        if not self._connected.done() and not self.is_given_up:
            self._connected.set_exception(aiomqtt.MqttError(_CLOSED))
        for acknowledged in self._pending_publishes.values():
            acknowledged.set()

    def hang_up(self) -> None:
        """Close the socket and what reads from it, however far the connection came: aiomqtt leaves one half made."""
        self.is_given_up = True
        self._client._sock_close()
        for future in (self._connected, self._disconnected):
            if future.done() and not future.cancelled():
                future.exception()  # seen: nobody else is going to ask


class _Context(ssl.SSLContext):
    """With the handshake inside the wrapping, which closes the socket when it fails; paho leaves it open."""

    def wrap_socket(self, *args: Any, **settings: Any) -> ssl.SSLSocket:
        return super().wrap_socket(*args, **{**settings, "do_handshake_on_connect": True})


class Publisher:
    """Connects for every notice: they are rare, and nothing has to be kept alive between them."""

    def __init__(self, options: ChannelOptions) -> None:
        self._options = options
        self._given_up: list[_Client] = []  # their connecting may still go on in a thread

    async def publish(self, messages: Sequence[Outgoing], client_id: str) -> str:
        """All messages at QoS 1, in order; returns when the broker has acknowledged the last.

        Raises `Unavailable` (some may have arrived) or `Rejected`.
        """
        await self.close()
        try:
            async with asyncio.timeout(self._options.timeout):
                context = await asyncio.to_thread(_tls_context, self._options)
                return await self._exchange(messages, self._client(client_id, context))
        except TimeoutError:
            what = f"no acknowledgement within {self._options.timeout:g} s"
            raise self._unavailable(what, "is the broker up, and nothing between that drops packets?") from None
        except aiomqtt.MqttError as error:
            raise self._failed(error) from None
        except (OSError, ValueError) as error:
            raise self._unavailable(f"no connection: {_reason(error)}", _hint(error, self._options)) from None

    async def close(self) -> None:
        """End what is left of connections that were given up."""
        while self._given_up:
            self._given_up.pop().hang_up()

    async def _exchange(self, messages: Sequence[Outgoing], client: _Client) -> str:
        try:
            await client.__aenter__()
            for message in messages:
                await client.publish(message.topic, message.payload, qos=1, retain=self._options.retain)
                if client.refusal is not None:
                    raise self._refused(client.refusal, message.topic)
                if client.is_lost:
                    raise aiomqtt.MqttError(_CLOSED)
        except BaseException:
            client.hang_up()
            self._given_up.append(client)  # where it was cancelled, its thread may open a socket even now
            raise
        await _say_good_bye(client)
        return f"{len(messages)} acknowledged"

    def _client(self, client_id: str, context: ssl.SSLContext | None) -> _Client:
        options = self._options
        is_5 = options.protocol == "5"
        return _Client(
            options.host,
            options.port,
            username=options.username,
            password=options.password.reveal() if options.password else None,
            identifier=client_id,
            protocol=aiomqtt.ProtocolVersion.V5 if is_5 else aiomqtt.ProtocolVersion.V311,
            clean_session=None if is_5 else True,
            timeout=options.timeout,
            keepalive=_HANDSHAKE_S,
            tls_context=context,
        )

    def _refused(self, code: ReasonCode, topic: str) -> Unavailable | Rejected:
        message = f"broker {self._options.endpoint} does not take messages for `{topic}`: {code}"
        if code.value in _FINAL:
            return Rejected(message, "give this user the right to publish there, or change `topic`")
        return Unavailable(message, "it is sent again")

    def _failed(self, error: aiomqtt.MqttError) -> Unavailable | Rejected:
        code = error.rc if isinstance(error, MqttConnectError) else None
        if isinstance(code, ReasonCode) and code.value in _LOGIN:
            hint = "check `username`, `password`, `client_id` and the broker's access list"
            return Rejected(f"broker {self._options.endpoint} refuses the connection: {code}", hint)
        hint = f"is it running, does it speak MQTT {self._options.protocol}, may this user publish to the topic?"
        return self._unavailable(str(error), hint)

    def _unavailable(self, what: str, hint: str) -> Unavailable:
        return Unavailable(f"broker {self._options.endpoint}: {what}", hint)


async def _say_good_bye(client: _Client) -> None:
    """What was acknowledged must not become an error here."""
    client.timeout = _GOODBYE_S
    try:
        await client.__aexit__(None, None, None)
    except aiomqtt.MqttError:
        client.hang_up()


def _tls_context(options: ChannelOptions) -> ssl.SSLContext | None:
    """In a thread: it reads files."""
    if options.tls is None:
        return None
    context = _Context(ssl.PROTOCOL_TLS_CLIENT)
    if options.tls.ca is None:
        context.load_default_certs()
    else:
        context.load_verify_locations(options.tls.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if options.tls.cert is not None:
        context.load_cert_chain(options.tls.cert, options.tls.key)
    return context


def _reason(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return text or type(error).__name__


def _hint(error: Exception, options: ChannelOptions) -> str:
    if isinstance(error, FileNotFoundError | PermissionError):
        return "check the files under `tls`"
    return f"is the broker running, and does it listen at {options.endpoint}?"
