"""The small interface between an endpoint and what carries its frames: a Line sends, a Listener hears of it."""

from typing import Protocol

from drivers.modbus.request import Request


class Listener(Protocol):
    """Hears of every request exactly once - `answered`, `refused`, `silent` or `broken` - unless the line is lost."""

    def answered(self, request: Request, data: bytes, offset: int) -> None:
        """The answer fits the request; its `request.data_bytes` bytes of data stand in `data` from `offset` on."""
        ...

    def refused(self, request: Request, code: int) -> None:
        """The unit, or a gateway for it, answered with a Modbus exception."""
        ...

    def silent(self, request: Request) -> None:
        """No answer in time."""
        ...

    def broken(self, request: Request, why: str) -> None:
        """An answer came that does not fit the request."""
        ...

    def lost(self, why: str) -> None:
        """The line is gone, and with it the request that was under way. Said once, and nothing after it."""
        ...

    def passed(self, sent: bool, data: bytes, note: str = "") -> None:
        """A frame passed; called only while `Line.is_watched`."""
        ...


class Line(Protocol):
    """An open line that carries one request at a time."""

    ready_at: float  # loop time before which nothing may be sent: pauses, and quarantine after a late answer's chance
    is_watched: bool  # hand frames to `Listener.passed`

    def send(self, request: Request) -> None:
        """Send; the listener hears of it later, never before this returns."""
        ...

    async def close(self) -> None:
        """Let go of the line. The listener hears nothing any more."""
        ...
