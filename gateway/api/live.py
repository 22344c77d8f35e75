"""The live stream: at most one message a second, only for what is on the page, only what changed."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from gateway.api.access import Principal, Via
from gateway.api.accountviews import AccountViews
from gateway.api.alarmviews import AlarmViews
from gateway.api.views import LiveValue, Views, within
from gateway.core.clock import Clock
from gateway.core.device import Device
from gateway.core.ownership import EVER_NS
from gateway.pipeline.report import Json, ms

PERIOD_S = 1.0
TURNS = 10  # of the loop in which a tick reaches all streams
MAX_STREAMS = 100
MAX_STREAMS_OF_ONE = 20  # of one person: somebody else wants to look, too


@dataclass(frozen=True, slots=True)
class Shared:
    """What the messages of one tick have in common: ten pages on the same devices cost little more than one."""

    values: dict[str, LiveValue] = field(default_factory=dict)  # by tag
    devices: dict[str, Json] = field(default_factory=dict)  # by id
    parks: dict[str | None, Json] = field(default_factory=dict)  # by the enterprise that the reader is limited to


class Ticker:
    """Wakes all streams together, aligned to the second, so that many pages cost one wake-up of the loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._event = asyncio.Event()
        self._shared = Shared()
        self._open: Counter[str] = Counter()  # streams by who has them
        self._listeners: list[Callable[[], None]] = []
        self.is_closed = False

    def add_listener(self, listener: Callable[[], None]) -> None:
        """Have this called every second, before the streams are."""
        self._listeners.append(listener)

    @property
    def streams(self) -> int:
        """How many streams are open."""
        return self._open.total()

    def has_room(self, principal: Principal) -> bool:
        """True where one more stream may be opened for this person; the command line has no limit of its own."""
        is_free = principal.via is Via.SOCKET or self._open[principal.user_id] < MAX_STREAMS_OF_ONE
        return is_free and self.streams < MAX_STREAMS

    @contextmanager
    def counted(self, user_id: str) -> Iterator[None]:
        """A stream of this person is open."""
        self._open[user_id] += 1
        try:
            yield
        finally:
            self._open[user_id] -= 1
            self._open += Counter()  # forgets who has none

    async def run(self) -> None:
        """Tick until cancelled."""
        while True:
            await self._clock.sleep(PERIOD_S - self._clock.time_ns() % 1_000_000_000 / 1e9)
            for listener in self._listeners:
                listener()
            self._wake()

    def close(self) -> None:
        """End every stream."""
        self.is_closed = True
        self._wake()

    def _wake(self) -> None:
        self._shared = Shared()
        event, self._event = self._event, asyncio.Event()
        event.set()

    async def tick(self, turn: int) -> Shared:
        """Wait for the next tick; what its messages share. The streams are served in `TURNS` turns of the loop, so that
        a hundred of them do not hold it at once; `turn` is a stream's own."""
        await self._event.wait()
        shared = self._shared
        for _ in range(turn % TURNS):
            await asyncio.sleep(0)
        return shared


class LiveStream:
    """One page's stream: what it shows, and what it was last told."""

    def __init__(
        self,
        views: Views,
        clock: Clock,
        principal: Principal,
        tags: Sequence[str],
        devices: Sequence[Device],
        *,
        park: bool,
        alarms: AlarmViews | None = None,
        accounts: AccountViews | None = None,
    ) -> None:
        self._views = views
        self._clock = clock
        self._principal = principal
        self._tags = tags
        self._devices = devices
        self._park = park
        self._alarms = alarms
        self._accounts = accounts
        self._configuration = views.configuration
        self._plan = views.plan
        self._since_ns = self._owned_since()
        self._told_revision = -1
        self._told_accounts: dict[str, Json] = {}
        self._told_values: dict[str, Any] = {}
        self._told_devices: dict[str, Any] = {}

    def news(self) -> bytes:
        """An event `reload` after another configuration was taken in; nothing otherwise."""
        if self._configuration == self._views.configuration:
            return b""
        self._configuration = self._views.configuration
        return b"event: reload\ndata: " + _json(self._configuration) + b"\n\n"

    def _follow(self) -> None:
        """What is gone, or is somebody else's by now, is no longer told: from the turn on in which it has changed."""
        self._plan = self._views.plan
        self._tags = [tag for tag in self._tags if self._views.may_see_tag(self._principal, tag)]
        known = {device.id: device for device in self._views.devices_of(self._principal)}
        self._devices = [known[device.id] for device in self._devices if device.id in known]
        self._since_ns = self._owned_since()

    def _owned_since(self) -> dict[str, int]:
        """From when on tags and devices are theirs to see; those that have been since ever are not in it."""
        of = {device.id: device.id for device in self._devices} | {tag: tag.rsplit(".", 1)[0] for tag in self._tags}
        found = {name: self._views.since_ns(self._principal, device) for name, device in of.items()}
        return {name: since_ns for name, since_ns in found.items() if since_ns > EVER_NS}

    def message(self, event: str, shared: Shared) -> bytes:
        """The next message: everything that differs from what was told before."""
        if self._plan is not self._views.plan:
            self._follow()
        body = {
            "time_ms": ms(self._clock.time_ns()),
            "values": self._changed_values(shared.values),
            "devices": self._changed_devices(shared.devices),
            "park": self._park_now(shared.parks) if self._park else None,
            **self._changed_alarms(),
            **self._changed_accounts(),
        }
        return b"event: " + event.encode() + b"\ndata: " + _json(body) + b"\n\n"

    def _changed_values(self, known: dict[str, LiveValue]) -> dict[str, Any]:
        changed = {}
        for tag in self._tags:
            value = known.get(tag)
            if value is None:
                value = known[tag] = self._views.live_value(tag)
            if tag in self._since_ns:
                value = within(value, self._since_ns[tag])
            if self._told_values.get(tag) != value:
                self._told_values[tag] = changed[tag] = value
        return changed

    def _changed_devices(self, known: dict[str, Json]) -> dict[str, Json]:
        changed = {}
        for device in self._devices:
            since_ns = self._since_ns.get(device.id)
            state = known.get(device.id) if since_ns is None else self._views.device_state(device, since_ns)
            if state is None:
                state = known[device.id] = self._views.device_state(device)
            if self._told_devices.get(device.id) != state:
                self._told_devices[device.id] = changed[device.id] = state
        return changed

    def _changed_alarms(self) -> Json:
        """Counts and the most urgent alarm, where something has happened."""
        if self._alarms is None or self._alarms.revision == self._told_revision:
            return {}
        self._told_revision = self._alarms.revision
        return {"alarms": self._alarms.summary(self._principal)}

    def _changed_accounts(self) -> Json:
        """Energy, cost and CO2e of those entities whose figures are others than what was told."""
        if self._accounts is None:
            return {}
        self._accounts.refresh()
        changed = self._accounts.changed(self._principal, self._told_accounts)
        return {"accounts": changed} if changed else {}

    def _park_now(self, known: dict[str | None, Json]) -> Json:
        enterprise = self._principal.enterprise
        if enterprise not in known:
            known[enterprise] = self._views.park(self._principal)
        return known[enterprise]


def _json(body: Json) -> bytes:
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError:  # a scaled integer of more than 64 bits
        return json.dumps(body).encode()


async def events(
    stream: LiveStream, ticker: Ticker, user_id: str, may_still: Callable[[], bool]
) -> AsyncIterator[bytes]:
    """The bytes of one event stream, until the page goes, its right ends or the gateway stops."""
    turn = ticker.streams
    with ticker.counted(user_id):
        yield b"retry: 2000\n" + stream.message("snapshot", Shared())
        while not ticker.is_closed:
            shared = await ticker.tick(turn)
            if not may_still():  # signed out, disabled, expired, another role
                return
            yield stream.news() + stream.message("delta", shared)
