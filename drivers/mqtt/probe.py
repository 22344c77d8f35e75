"""Listening to one device for `read`: on a connection of its own, so that no data is made and none is taken away."""

import asyncio
from collections.abc import Sequence
from typing import Any

from drivers.mqtt.client import Link
from drivers.mqtt.compile import Compiled
from drivers.mqtt.config import Connection
from drivers.mqtt.frames import Message
from drivers.mqtt.mapper import Plan, readings
from gateway.core.clock import Clock
from gateway.core.errors import Rejected
from gateway.core.ports import Exchange


class _Listener:
    """Collects the first message for each plan."""

    def __init__(self, compiled: Compiled, wanted: Sequence[Plan], names: frozenset[str], clock: Clock) -> None:
        self.exchanges: list[Exchange] = []
        self.is_complete = asyncio.Event()
        self._router = compiled.router
        self._waiting = set(wanted)
        self._names = names
        self._clock = clock
        self._started = clock.monotonic()

    def take(self, messages: list[Message]) -> None:
        for message in messages:
            for plan in self._router.find(message.topic):
                if plan in self._waiting:
                    self._keep(plan, message)
        if not self._waiting:
            self.is_complete.set()

    def _keep(self, plan: Plan, message: Message) -> None:
        found = readings(plan, message.payload, self._names)
        if not found:
            return  # a partial update without these points, or rubbish: the next one may do
        self._waiting.discard(plan)
        elapsed_s = self._clock.monotonic() - self._started
        self.exchanges.append(Exchange(plan.block.device.id, message.topic.encode(), message.payload, elapsed_s, found))


async def probe_device(
    options: Connection,
    compiled: Compiled,
    client_id: str,
    device: str,
    points: Sequence[str],
    *,
    clock: Clock,
    timeout_s: float,
    listen_s: float,
) -> list[Exchange]:
    """The next message of each topic that these points (all: empty) of a device need, waiting `listen_s` for them.

    A device that stays silent gives one exchange with an `error`. Raises `Unavailable` and, for names that this
    connection does not know, `Rejected`.
    """
    names = frozenset(points)
    wanted = [plan for plan in compiled.plans if plan.block.device.id == device and _holds(plan, names)]
    if not wanted:
        raise Rejected(f"device {device} has no such point on this connection: {', '.join(points) or 'any'}")
    listener = _Listener(compiled, wanted, names, clock)
    topics = compiled.topics[wanted[0].block.device]
    started = clock.monotonic()
    link = Link(options, client_id, listener.take, is_persistent=False, timeout_s=timeout_s)
    try:
        await link.open()
        await link.subscribe(topics)
        await _wait(link, listener, listen_s)
    finally:
        link.close()
    if listener.exchanges:
        return listener.exchanges
    error = f"no message with these points within {listen_s:g} s"
    return [Exchange(device, " ".join(topics).encode(), b"", clock.monotonic() - started, error=error)]


async def _wait(link: Link, listener: _Listener, timeout_s: float) -> None:
    complete = asyncio.ensure_future(listener.is_complete.wait())
    either: set[asyncio.Future[Any]] = {complete, link.lost}
    try:
        await asyncio.wait(either, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        complete.cancel()
    if link.lost.done() and not listener.exchanges:
        link.lost.result()


def _holds(plan: Plan, names: frozenset[str]) -> bool:
    return not names or any(point.name in names for point in plan.block.points)
