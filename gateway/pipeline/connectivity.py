"""Connectivity: what came of what should have come, per device, while the gateway ran.

intake ── observe ──▶ blocks ── every minute ──▶ device accounts ──▶ increments of hours and days ──▶ state.db
       └─ fault ──────────────────────────────▶ reasons, outages ─┘

Lengths are measured by the steady clock; the wall clock only says to which hour of the site they belong, so a step of
it books nothing. What passes between the last write and the next start is time in which the gateway was down: it is
kept apart and held against nobody.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from gateway.config.plan import DevicePlan, ParkPlan
from gateway.core.batch import Batch, Block
from gateway.core.clock import Clock
from gateway.core.errors import Unavailable
from gateway.core.ports import Fault
from gateway.pipeline.connectivity_book import Book
from gateway.pipeline.snapshot import Snapshot, stale_after_s
from gateway.store import connectivity as stored
from gateway.store.state import State
from rules.connectivity.block import BlockAccount
from rules.connectivity.device import DeviceAccount
from rules.connectivity.reason import Reason
from rules.connectivity.silence import Outage
from rules.connectivity.spans import Place, by_place, day_after_ns, place_of
from rules.connectivity.tally import Tally

log = logging.getLogger("gateway.connectivity")

TICK_S = 60.0  # of the wall clock, so that a tick ends with the hour
FLUSH_S = 2.0
RECENT_TICKS = 60  # for /metrics
HOURS_KEPT_NS = 62 * 86_400 * 10**9
DAYS_KEPT_NS = 1100 * 86_400 * 10**9  # three years, for yearly comparisons
_IN_ONE_TURN = 100  # devices: settling one takes 10 to 30 us, and no turn of the loop may take 5 ms


class ConnectivityKeeper:
    """Keeps the accounts of all connected devices. `register` its blocks, then `load`, then `run`."""

    def __init__(self, plan: ParkPlan, snapshot: Snapshot, state: State, clock: Clock) -> None:
        self.zone: ZoneInfo
        self.book: Book
        self.answered: frozenset[str] = frozenset()  # devices that answered before this start
        self._plan = plan
        self._snapshot = snapshot
        self._state = state
        self._clock = clock
        self._blocks: list[Block] = []
        self._cells: dict[Block, tuple[DeviceAccount, BlockAccount]] = {}
        self._plain: dict[Block, BlockAccount] = {}
        self._devices: dict[str, DeviceAccount] = {}
        self._foreign: set[Block] = set()  # computed by the gateway itself
        self._outages: dict[tuple[str, int], Outage] = {}  # changed, not handed to the book yet
        self._left: dict[str, Outage | None] = {}  # devices whose sources ended, with the outage that each was in
        self._recent: deque[dict[str, Tally]] = deque(maxlen=RECENT_TICKS)  # by enterprise
        self._ticked_ns = 0  # steady
        self._loaded_ns = 0, 0  # UTC and steady
        self._purged_day_ns = 0
        self._is_counting = False

    # -- start --------------------------------------------------------------------------------------------------------

    def register(self, block: Block) -> None:
        """Expect the samples of this block. Sources may also hand in blocks later that they cut from these."""
        self._blocks.append(block)

    async def load(self) -> None:
        """Go on where the gateway before stopped; from now on samples are expected. Raises Unavailable."""
        self.zone = await asyncio.to_thread(ZoneInfo, self._plan.site.timezone)  # reads a file
        self.book = Book(self._state, self.zone)
        renamed = self._plan.renamed_devices
        written = await self._state.do(lambda db: stored.begin(db, renamed, self._state.write(db)))
        now_ns, steady_ns = self._clock.time_ns(), self._steady_ns()
        self._ticked_ns = steady_ns
        self._loaded_ns = now_ns, steady_ns
        self._expect(now_ns, steady_ns)
        self.answered = written.answered
        self.book.begin(written.number)
        self._resume(written, now_ns, steady_ns)
        self._is_counting = True

    def _expect(self, now_ns: int, steady_ns: int) -> frozenset[str]:
        """Begin accounts of the connected devices that have none; which they are."""
        plans = [one for line in self._plan.connections for one in line.devices if one.device.id not in self._devices]
        for plan in plans:
            account = DeviceAccount(plan.device.id, now_ns, steady_ns, is_listened=_is_listened(plan))
            self._devices[plan.device.id] = account
        begun = frozenset(plan.device.id for plan in plans)
        blocks = [block for block in self._blocks if block.device.id in begun]
        for block in blocks:
            self._add(block)
        self._add_unread(plans, blocks)
        self._blocks.clear()
        return begun

    def _add(self, block: Block) -> BlockAccount:
        device = self._devices[block.device.id]
        account = device.add(block, round(stale_after_s(block.interval_s) * 1e9))
        self._cells[block] = device, account
        self._plain[block] = account
        return account

    def _add_unread(self, plans: Iterable[DevicePlan], blocks: Iterable[Block]) -> None:
        """Points that are configured to be polled and that no source reads are missing, by configuration."""
        read = {(block.device.id, point.name) for block in blocks for point in block.points}
        for plan in plans:
            for group in plan.groups:
                left = tuple(one for one in group.points if (plan.device.id, one.name) not in read)
                if left and group.interval_s > 0:
                    account = self._add(Block(plan.device, left, group.interval_s))
                    account.blame(account.all, Reason.CONFIGURATION)

    def _resume(self, written: stored.Written, now_ns: int, steady_ns: int) -> None:
        """Book the time since the last write as gateway-down time; outages that were open go on."""
        last_ns = now_ns if written.time_ns is None else min(written.time_ns, now_ns)
        down_ns = now_ns - last_ns
        for place, length_ns in by_place(max(last_ns, now_ns - DAYS_KEPT_NS), now_ns, self.zone):
            self.book.add_down(place, length_ns)
        for device_id, from_ns, _, reason, message, known_down_ns in written.open_outages:
            device = self._devices.get(device_id)
            if device is None:  # no longer connected: what is not known is not an outage
                ended = Outage(device_id, from_ns, max(from_ns, last_ns), Reason(reason), message, known_down_ns)
                self._outages[device_id, from_ns] = ended
            else:
                outage = Outage(device_id, from_ns, None, Reason(reason), message, known_down_ns + down_ns)
                device.silence.resume(outage, now_ns, steady_ns)
                self._outages[device_id, from_ns] = outage

    # -- another configuration ----------------------------------------------------------------------------------------

    def leave(self, devices: Collection[str]) -> None:
        """The sources of these devices end: what is due is booked, and from now on nothing is held against them."""
        leaving = [account for name in devices if (account := self._devices.get(name)) is not None]
        if not self._recent:
            self._recent.append({})
        since_ns = self._steady_ns() - self._ticked_ns
        self._settle(leaving, place_of(self._clock.time_ns() - since_ns // 2, self.zone))
        self._left |= {account.id: account.silence.open for account in leaving}
        gone = {account.id for account in leaving}
        self._devices = {name: account for name, account in self._devices.items() if name not in gone}
        self._cells = {block: cell for block, cell in self._cells.items() if block.device.id not in gone}
        self._plain = {block: account for block, account in self._plain.items() if block.device.id not in gone}

    def change(self, plan: ParkPlan) -> None:
        """Go on with this configuration, its new blocks registered: devices that are new or whose sources began anew
        are expected from now on, the outages of those go on. A device that is gone is in no outage."""
        self._plan = plan
        now_ns, steady_ns = self._clock.time_ns(), self._steady_ns()
        begun = self._expect(now_ns, steady_ns)
        for name, outage in self._left.items():
            if outage is not None and name in begun:
                self._devices[name].silence.resume(outage, now_ns, steady_ns)
            elif outage is not None:
                self._note(replace(outage, to_ns=max(outage.from_ns, now_ns)))
        self._left.clear()
        self._foreign = {block for block in self._foreign if block.device.id not in begun}

    async def rename(self, renamed: Iterable[tuple[str, str]]) -> None:
        """Let the accounts of devices (former id, id) follow their names. Raises Unavailable."""
        await self.book.write()
        await self._state.do(lambda db: stored.rename(db, renamed, self._state.write(db)))

    # -- hot path -----------------------------------------------------------------------------------------------------

    def observe(self, batch: Batch) -> None:
        """Count a batch that came in time. Cheap for whole good ones: everything else is done every minute."""
        account = self._plain.get(batch.block)
        if account is not None and account.is_plain and batch.quality is None and batch.present is None:
            account.full += 1
        else:
            self._observe_other(batch)

    def _observe_other(self, batch: Batch) -> None:
        cell = self._cells.get(batch.block) or self._adopt(batch.block)
        if cell is None:
            return
        device, account = cell
        if not account.take(batch):
            self._note(device.note(account, batch, self._steady_ns()))

    def _adopt(self, block: Block) -> tuple[DeviceAccount, BlockAccount] | None:
        """A block that was not known: a source has cut one up. What the gateway computes itself is nobody's answer."""
        device = self._devices.get(block.device.id)
        if device is None or block in self._foreign:
            return None
        known = {name for account in device.blocks for name in account.names}
        if not all(point.name in known for point in block.points):
            self._foreign.add(block)
            return None
        self._add(block)
        return self._cells[block]

    def fault(self, device: str, fault: Fault | None, points: Sequence[str] = ()) -> None:
        """What a source says stands against a device or points of it; `None`: no more."""
        account = self._devices.get(device)
        if account is not None:
            last_ns = self._snapshot.last_answer_ns(device)
            self._note(account.fault(fault, points, last_ns, self._clock.time_ns(), self._steady_ns()))

    def _note(self, outage: Outage | None) -> None:
        if outage is not None:
            self._outages[outage.device, outage.from_ns] = outage

    # -- every minute -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Settle and write at every full minute, until cancelled."""
        while True:
            await self._clock.sleep(TICK_S - self._clock.time_ns() / 1e9 % TICK_S)
            await self.tick()

    async def tick(self) -> None:
        """Book what is due, and write it. A disk that does not take it keeps nothing from being counted."""
        devices, place = list(self._devices.values()), self._begin_tick()
        for start in range(0, len(devices), _IN_ONE_TURN):
            if start:
                await self._clock.sleep(0)
            self._settle(devices[start : start + _IN_ONE_TURN], place)
        self._end_tick()
        await self._write()

    def _begin_tick(self) -> Place:
        """The hour that this tick books to: the one in which the middle of the time since the last tick lies."""
        steady_ns = self._steady_ns()
        middle_ns = self._clock.time_ns() - (steady_ns - self._ticked_ns) // 2
        self._ticked_ns = steady_ns
        self._recent.append({})
        return place_of(middle_ns, self.zone)

    def _settle(self, devices: Sequence[DeviceAccount], place: Place) -> None:
        now_ns, steady_ns = self._clock.time_ns(), self._steady_ns()
        minute = self._recent[-1]
        for device in devices:
            if self._devices.get(device.id) is not device:
                continue  # its source ended meanwhile
            self._note(device.settle(self._snapshot.last_answer_ns(device.id), now_ns, steady_ns))
            if tally := device.take():
                self.book.add(place, device.id, tally)
                minute.setdefault(self._snapshot.devices[device.id].enterprise, Tally()).add(tally)

    def _end_tick(self) -> None:
        for outage in self._outages.values():
            self.book.add_outage(outage)
        self._outages.clear()
        self.book.time_ns = self._clock.time_ns()

    async def _write(self) -> None:
        try:
            await self.book.write()
            await self._purge()
        except Unavailable as error:
            log.debug("connectivity_unwritten reason=%s", error)  # state.db's own findings tell

    async def _purge(self) -> None:
        """Once a day, forget what is too old."""
        ran_ns = self._steady_ns() - self._loaded_ns[1]
        now_ns = min(self._clock.time_ns(), self._loaded_ns[0] + ran_ns)  # a clock set ahead by mistake deletes nothing
        if now_ns < self._purged_day_ns:
            return
        hours_ns, days_ns = now_ns - HOURS_KEPT_NS, now_ns - DAYS_KEPT_NS
        await self._state.do(lambda db: stored.purge(db, hours_ns, days_ns, self._state.write(db)))
        self._purged_day_ns = day_after_ns(place_of(now_ns, self.zone).day_ns, self.zone)

    def look_away(self) -> None:
        """The gateway stops: what sources say from now on is not held against devices. `flush` follows."""
        if self._is_counting:
            self._settle(list(self._devices.values()), self._begin_tick())
            self._end_tick()
        self._is_counting = False
        self._cells, self._plain, self._devices = {}, {}, {}

    async def flush(self) -> None:
        """Write what was counted, at the stop. What the disk does not take is lost with a line in the log."""
        try:
            async with asyncio.timeout(FLUSH_S):
                await self.book.write()
        except (Unavailable, TimeoutError) as error:
            log.warning("connectivity_lost reason=%s", str(error) or f"the disk does not answer within {FLUSH_S:g} s")

    # -- what is asked ------------------------------------------------------------------------------------------------

    def outage(self, device: str) -> Outage | None:
        """The outage that this device is in."""
        account = self._devices.get(device)
        return None if account is None else account.silence.open

    def reason(self, device: str) -> Reason | None:
        """Why this device would be silent now, as far as its source has said; `None` where it is not connected."""
        account = self._devices.get(device)
        return None if account is None else account.why_quiet()[0]

    def is_listened(self, device: str) -> bool:
        """True for a device that publishes by itself."""
        account = self._devices.get(device)
        return account is not None and account.is_listened

    def recent_rates(self) -> Mapping[str, float]:
        """Good samples per expected one in the last hour, by enterprise; enterprises with none expected are absent."""
        sums: dict[str, Tally] = {}
        for minute in self._recent:
            for enterprise, tally in minute.items():
                sums.setdefault(enterprise, Tally()).add(tally)
        return {enterprise: rate for enterprise, tally in sums.items() if (rate := tally.rate) is not None}

    def _steady_ns(self) -> int:
        return round(self._clock.monotonic() * 1e9)


def _is_listened(plan: DevicePlan) -> bool:
    return all(group.interval_s == 0 for group in plan.groups)
