"""Requests that do not end: a connection that never says all it wants is closed, so that others find room."""

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_S = 15.0  # for a whole request; for a body as often again as it goes on
LEAST_BYTES_S = 8 * 1024  # of a body that goes on: a photo over a bad mobile line, not a drop a second


class PatientProtocol(H11Protocol):
    """uvicorn's protocol with a limit on the time that a request may take to arrive."""

    _timer: asyncio.TimerHandle | None = None
    _came = 0  # bytes since the timer was set

    def connection_made(self, transport: Any) -> None:
        """A client came: it has so long to say what it wants."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Something came: maybe all of it."""
        self._came += len(data)
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client went."""
        self._stop_watching()
        super().connection_lost(exc)

    def _watch(self) -> None:
        is_incomplete = self.conn.their_state in (h11.IDLE, h11.SEND_BODY)
        if not is_incomplete:
            self._stop_watching()
        elif self._timer is None:
            self._came = 0
            self._timer = self.loop.call_later(REQUEST_S, self._give_up)

    def _stop_watching(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        self._timer = None
        if self.conn.their_state is h11.SEND_BODY and self._came >= LEAST_BYTES_S * REQUEST_S:
            self._watch()
        elif not self.transport.is_closing():
            self.transport.close()
