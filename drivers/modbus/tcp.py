"""Modbus TCP by ourselves: callbacks only, no task and no future per request; whatever does not answer is refused.

The fast path is one comparison: the bytes that came are as long as the answer must be and start as it must start.
Everything else goes through the framer and is judged frame by frame:

- another transaction id: late (its request timed out), doubled (it was answered) or foreign - dropped and counted;
- transaction id 0: some devices always send it. Taken only while no unanswered request could have sent it; after a
  time-out the line rests for one time-out, so that a late answer cannot pass for the next one;
- the right id and anything else wrong: the request is broken at once;
- bytes that are no frame: the connection is closed.
"""

import asyncio
import socket
import ssl
from collections import deque
from functools import partial
from typing import cast

from drivers.modbus.config import Connection, Transport
from drivers.modbus.framer import Framer
from drivers.modbus.line import Listener
from drivers.modbus.request import ANSWER_HEADER_BYTES, EXCEPTION_BIT, Request
from gateway.core.errors import Unavailable
from gateway.core.ports import Counts

_TIMER_SLACK_S = 0.001  # loop timers may fire this much early
_OVERDUE_KEPT = 64
_CLOSE_TIMEOUT_S = 1.0


class TcpLine(asyncio.Protocol):
    """One connection and its transaction table: the request under way and the ids that may still come late."""

    __slots__ = (
        "_answered_tid", "_closed", "_counts", "_deadline", "_expected", "_framer", "_is_between_frames", "_listener",
        "_loop", "_may_owe_answer", "_options", "_overdue", "_pause_s", "_request", "_sends_zero_tid", "_tid",
        "_timeout_s", "_timer", "_transport", "is_watched", "ready_at",
    )  # fmt: skip

    def __init__(self, options: Connection, listener: Listener, counts: Counts) -> None:
        self.ready_at = 0.0
        self.is_watched = False
        self._loop = asyncio.get_running_loop()
        self._options = options
        self._timeout_s = options.timeout
        self._pause_s = options.pause_s
        self._listener: Listener | None = listener  # None: closed, nobody listens any more
        self._counts = counts
        self._framer = Framer()
        self._is_between_frames = True
        self._request: Request | None = None
        self._expected = b""  # the first bytes of the answer to `_request`
        self._tid = 0
        self._answered_tid = -1
        self._overdue: deque[int] = deque(maxlen=_OVERDUE_KEPT)
        self._sends_zero_tid = False
        self._may_owe_answer = False  # a request timed out, and a TID 0 answer to it may still come
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._closed = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop: set the socket up so that a peer that vanished is noticed."""
        self._transport = cast("asyncio.Transport", transport)
        self.ready_at = (
            self._loop.time() + self._options.delay_after_connect if self._options.delay_after_connect else 0.0
        )
        sock = transport.get_extra_info("socket")
        if sock is not None:
            _notice_death(sock, self._timeout_s)

    def send(self, request: Request) -> None:
        """Send one request; the one before it must be done."""
        tid = self._tid = self._tid % 0xFFFF + 1  # 1 to 65535: 0 would be ambiguous
        head = tid.to_bytes(2, "big")
        self._expected = head + request.answer_head
        self._request = request
        if self._may_owe_answer and self._sends_zero_tid:
            self._may_owe_answer = False  # the quarantine before this request is over
        self._transport.write(head + request.tail)
        self._deadline = self._loop.time() + self._timeout_s
        if self._timer is None:
            self._timer = self._loop.call_at(self._deadline, self._look_at_deadline)
        if self.is_watched and self._listener is not None:
            self._listener.passed(True, head + request.tail)

    def data_received(self, data: bytes) -> None:
        """Called by the loop with whatever came."""
        request = self._request
        if (
            request is not None
            and len(data) == request.answer_size
            and self._is_between_frames
            and data.startswith(self._expected)
            and self._listener is not None
        ):
            self._request = None
            self._answered_tid = self._tid
            if self._pause_s:
                self.ready_at = self._loop.time() + self._pause_s
            if self.is_watched:
                self._listener.passed(False, data)
            self._listener.answered(request, data, ANSWER_HEADER_BYTES)
        else:
            self._sort(data)

    def _sort(self, data: bytes) -> None:
        for frame in self._framer.feed(data):
            self._judge(frame)
        self._is_between_frames = self._framer.is_empty
        if self._framer.garbage:
            self._counts["garbage"] += 1
            if self.is_watched and self._listener is not None:
                self._listener.passed(False, data, f"no Modbus frame: {self._framer.garbage}")
            self._end(f"the peer sent bytes that are no Modbus frame ({self._framer.garbage})")

    def _judge(self, frame: bytes) -> None:
        listener, request = self._listener, self._request
        if listener is None:
            return
        tid = int.from_bytes(frame[:2], "big")
        is_zero = tid == 0 and self._accepts_zero_tid(frame)
        if request is None or (tid != self._tid and not is_zero):
            self._drop(tid, frame)
            return
        if is_zero:
            self._counts["zero_tid_answers"] += 1
        self._finish(request, frame, listener)

    def _accepts_zero_tid(self, frame: bytes) -> bool:
        request = self._request
        self._sends_zero_tid = True
        return not self._may_owe_answer and request is not None and not request.objection(frame)

    def _finish(self, request: Request, frame: bytes, listener: Listener) -> None:
        """The request under way is decided by this frame."""
        self._request = None
        self._answered_tid = self._tid
        if self._pause_s:
            self.ready_at = self._loop.time() + self._pause_s
        why = "no function code" if len(frame) < ANSWER_HEADER_BYTES else request.objection(frame)
        if self.is_watched:
            listener.passed(False, frame, why)
        if why:
            self._counts["broken_answers"] += 1
            listener.broken(request, why)
        elif frame[7] & EXCEPTION_BIT:
            listener.refused(request, frame[8])
        else:
            listener.answered(request, frame, ANSWER_HEADER_BYTES)

    def _drop(self, tid: int, frame: bytes) -> None:
        """A frame that answers no request under way: counted by what it is."""
        if tid in self._overdue or (tid == 0 and self._may_owe_answer):
            kind = "late_answers"
        elif tid == self._answered_tid:
            kind = "doubled_answers"
        else:
            kind = "foreign_answers"
        self._counts[kind] += 1
        if self.is_watched and self._listener is not None:
            self._listener.passed(False, frame, f"{kind.replace('_answers', '')} answer, dropped")

    def _look_at_deadline(self) -> None:
        """One timer for the line: it looks at the deadline of now, not of the request it was set for."""
        self._timer = None
        request = self._request
        if request is None:
            return
        if self._loop.time() < self._deadline - _TIMER_SLACK_S:
            self._timer = self._loop.call_at(self._deadline, self._look_at_deadline)
            return
        self._request = None
        self._overdue.append(self._tid)
        self._may_owe_answer = True
        self._counts["timeouts"] += 1
        if self._sends_zero_tid:
            self.ready_at = self._loop.time() + self._timeout_s
        elif self._pause_s:
            self.ready_at = self._loop.time() + self._pause_s
        if self._listener is not None:
            self._listener.silent(request)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop when the connection is gone, by whomever."""
        if not self._closed.done():
            self._closed.set_result(None)
        self._end("the peer closed the connection" if exc is None else f"the connection broke: {exc}")

    def _end(self, why: str) -> None:
        """Drop the connection and say so once."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._request = None
        listener, self._listener = self._listener, None
        self._transport.abort()
        if listener is not None:
            listener.lost(why)

    async def close(self) -> None:
        """Drop the connection; the listener hears nothing any more."""
        self._listener = None
        self._end("closed")
        await asyncio.wait([self._closed], timeout=_CLOSE_TIMEOUT_S)


def _notice_death(sock: socket.socket, timeout_s: float) -> None:
    """Let the kernel find out that a peer lost power: nothing else tells it from one whose units are silent."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(max(10.0, 5 * timeout_s) * 1000))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)


def _tls(options: Connection) -> ssl.SSLContext:
    """The TLS context of a connection that asks for one: reads files. Raises `Unavailable`."""
    try:
        context = ssl.create_default_context(cafile=options.ca_file)
        if options.cert_file is not None:
            context.load_cert_chain(options.cert_file, options.key_file)
    except (OSError, ssl.SSLError) as error:
        message = f"TLS files of {options.endpoint} cannot be used: {error}"
        raise Unavailable(message, "check ca_file, cert_file and key_file") from error
    return context


async def open_tcp(options: Connection, listener: Listener, counts: Counts) -> TcpLine:
    """Connect. Raises `Unavailable`."""
    loop = asyncio.get_running_loop()
    make = partial(TcpLine, options, listener, counts)
    try:
        async with asyncio.timeout(options.connect_timeout):
            context = await asyncio.to_thread(_tls, options) if options.transport is Transport.TLS else None
            _, line = await loop.create_connection(make, options.host, options.port, ssl=context)
    except TimeoutError as error:
        message = f"{options.endpoint} did not take the connection within {options.connect_timeout:g} s"
        raise Unavailable(message, "check the address, the network and the device's power") from error
    except OSError as error:
        message = f"cannot connect to {options.endpoint}: {error.strerror or error}"
        raise Unavailable(message, "check host and port, and that the device speaks Modbus TCP there") from error
    return line
