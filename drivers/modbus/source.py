"""The Modbus source: one per connection, all of them on one tick; and what is built from the plans."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from drivers.modbus import advice
from drivers.modbus.ask import Ask
from drivers.modbus.client import open_client
from drivers.modbus.config import Connection, DeviceAddress, PointAddress, Transport
from drivers.modbus.endpoint import Endpoint
from drivers.modbus.line import Line
from drivers.modbus.plan import plan_reads
from drivers.modbus.poll import Layout, Poll
from drivers.modbus.report import Report
from drivers.modbus.schedule import Due, Ticker
from drivers.modbus.tcp import open_tcp
from drivers.modbus.unit import Unit
from gateway.config.plan import ConnectionPlan, DevicePlan, GroupPlan
from gateway.core.batch import Batch, Block
from gateway.core.clock import Clock
from gateway.core.errors import Rejected, Unavailable
from gateway.core.point import Point
from gateway.core.ports import Advice, Counts, Exchange, Fault, Frame, Intake, Source
from gateway.core.quality import Quality

PROBE_PATIENCE_S = 30.0  # until a request by hand must have had its turn
FIRST_READ_S = 5.0  # what is polled more rarely is read once as soon as the line is there

COUNTED = (
    "requests",
    "busy_us",  # microseconds with a request under way: what the line's load is made of
    "probes",  # requests to units that fail
    "timeouts",
    "exceptions",
    "late_answers",
    "doubled_answers",
    "foreign_answers",
    "broken_answers",
    "zero_tid_answers",
    "garbage",  # connections dropped because of bytes that are no frame
    "missed_polls",  # skipped because the poll before was not done, or the loop was busy
    "refused",  # batches that the pipeline had no room for
    "lost_connections",
)
"""Everything that a Modbus source counts."""

Layouts = dict[tuple[object, ...], tuple[list[object], tuple[Layout, ...]]]
"""Layouts already made, by the identity of what they were made from - which is kept, so that it stays the same."""


class ModbusSource:
    """One connection with all devices behind it."""

    def __init__(self, plan: ConnectionPlan, clock: Clock, ticker: Ticker, layouts: Layouts) -> None:
        assert isinstance(plan.options, Connection)
        self.name = plan.name
        self.counts: Counts = Counter(dict.fromkeys(COUNTED, 0))
        self._options = plan.options
        self._plan = plan
        self._clock = clock
        self._ticker = ticker
        self._units: dict[int, Unit] = {}
        self._beats: dict[tuple[float, float], list[Poll]] = {}
        for device in plan.devices:
            self._add(device, layouts)
        self.blocks: Sequence[Block] = [poll.block for polls in self._beats.values() for poll in polls]
        self._endpoint: Endpoint | None = None
        self._one_line = asyncio.Lock()  # small gateways take few connections: never two of ours at once

    def _add(self, plan: DevicePlan, layouts: Layouts) -> None:
        address = _device_address(plan)
        unit = self._units.setdefault(address.unit, Unit(address.unit))
        unit.devices.append(plan.device)
        for group in plan.groups:
            for layout in _layouts(self._options, address, group, layouts):
                poll = Poll(Block(plan.device, layout.points, group.interval_s), layout, unit)
                unit.polls.append(poll)
                self._beats.setdefault((group.interval_s, group.phase_s), []).append(poll)

    async def run(self, intake: Intake) -> None:
        """Connect and read until cancelled. Raises `Unavailable` when the line drops or cannot be had."""
        endpoint = self._endpoint = self._new_endpoint([*self._units.values()], intake, self.counts)
        try:
            if self._options.close_after_poll:
                await self._read_and_close(endpoint)
            else:
                await self._session(endpoint)
        except Unavailable as error:
            endpoint.report.line_down(self._units.values(), error)
            raise
        finally:
            self._ticker.leave(self)
            self._endpoint = None

    def _new_endpoint(self, units: Sequence[Unit], intake: Intake, counts: Counts) -> Endpoint:
        clock = self._clock
        report = Report(self.name, self._options.endpoint, intake=intake, clock=clock, counts=counts)
        return Endpoint(self._options, units, report, intake=intake, clock=clock, counts=counts)

    async def _session(self, endpoint: Endpoint) -> None:
        """One connection, from opening it until it ends. Raises `Unavailable` where it is lost."""
        async with self._one_line:
            endpoint.begin()
            line = await self._open(endpoint)
            endpoint.attach(line)
        try:
            if not self._options.close_after_poll:
                self._join(endpoint)
            why = await endpoint.ended
        finally:
            endpoint.detach("the gateway closed the connection")
            await line.close()
        if why:
            self.counts["lost_connections"] += 1
            raise Unavailable(
                f"{self._options.endpoint}: {why}", "check the device, the network and other clients of it"
            )

    async def _read_and_close(self, endpoint: Endpoint) -> None:
        self._join(endpoint)
        while True:
            await endpoint.work.wait()
            await self._session(endpoint)

    def _join(self, endpoint: Endpoint) -> None:
        for (interval_s, phase_s), polls in self._beats.items():
            self._ticker.join(self, interval_s, phase_s, _due(endpoint, polls))
            if interval_s > FIRST_READ_S:
                endpoint.due(polls, 0)

    async def _open(self, endpoint: Endpoint) -> Line:
        opener = open_tcp if self._options.transport in {Transport.TCP, Transport.TLS} else open_client
        return await opener(self._options, endpoint, self.counts)

    def on_durable(self, position: int) -> None:
        """Nothing waits for it: a register cannot be acknowledged."""

    async def probe(self, device: str, points: Sequence[str] = ()) -> list[Exchange]:
        """Read these points of a device (all: empty) now, request by request, and keep the bytes.

        In turn with polling while that runs, over a short connection of its own otherwise. An exception or a missing
        answer is told in the exchange. Raises `Unavailable`, and `Rejected` for a device or point it does not know.
        """
        plan = next((one for one in self._plan.devices if one.device.id == device), None)
        if plan is None:
            raise Rejected(f"no device {device} on connection {self.name}", "see `park-gateway check` for the devices")
        return await self._ask(self._asks(plan, points))

    async def try_out(self, device: DevicePlan) -> list[Exchange]:
        """Read all points of a device that this source does not have: like `probe`, on the line that is there.

        The first request that finds the unit silent is the last.
        """
        return await self._ask(self._asks(device, ()), stops_at_silence=True)

    async def _ask(self, asks: list[Ask], *, stops_at_silence: bool = False) -> list[Exchange]:
        async with self._one_line:
            endpoint = self._endpoint
            if endpoint is None or not endpoint.is_connected:
                return await self._exchange_alone(asks, stops_at_silence=stops_at_silence)
        return await _exchange(endpoint, asks, stops_at_silence=stops_at_silence)

    async def _exchange_alone(self, asks: list[Ask], *, stops_at_silence: bool) -> list[Exchange]:
        endpoint = self._new_endpoint((), _Nobody(), Counter())
        endpoint.begin()
        line = await self._open(endpoint)
        try:
            endpoint.attach(line)
            return await _exchange(endpoint, asks, stops_at_silence=stops_at_silence)
        finally:
            endpoint.detach("the gateway closed the connection")
            await line.close()

    def _asks(self, plan: DevicePlan, names: Sequence[str]) -> list[Ask]:
        device = plan.device.id
        known = [pair for group in plan.groups for pair in zip(group.points, group.addresses, strict=True)]
        chosen = [pair for pair in known if not names or pair[0].name in names]
        unknown = sorted(set(names) - {point.name for point, _ in chosen})
        if unknown:
            raise Rejected(
                f"device {device} has no point {', '.join(unknown)}", "see `park-gateway check` for its points"
            )
        address = _device_address(plan)
        points, places = [point for point, _ in chosen], _places([place for _, place in chosen])
        reads = plan_reads(places, self._options.limits(address))
        return [Ask(device, address.unit, read, points, places) for read in reads]


class _Nobody:
    """The intake of a probe's own connection: no data is produced there."""

    def accept(self, batch: Batch) -> int | None:
        """Nothing is polled here."""
        return None

    def hasten(self, delay_s: float) -> None:
        """Nothing waits."""

    def fault(self, device: str, fault: Fault | None, points: tuple[str, ...] = ()) -> None:
        """A probe tells its failure in its exchange."""

    def frame(self, frame: Frame) -> None:
        """A probe keeps its frames itself."""

    def is_traced(self, device: str) -> bool:
        """Nobody watches."""
        return False


async def _exchange(endpoint: Endpoint, asks: list[Ask], *, stops_at_silence: bool = False) -> list[Exchange]:
    exchanges = []
    for ask in asks:
        endpoint.ask(ask)
        exchanges.append(await ask.exchange(PROBE_PATIENCE_S))
        if stops_at_silence and Quality.BAD_TIMEOUT in {one.quality for one in exchanges[-1].readings}:
            break
    return exchanges


def _due(endpoint: Endpoint, polls: list[Poll]) -> Due:
    return lambda missed: endpoint.due(polls, missed)


def _device_address(plan: DevicePlan) -> DeviceAddress:
    assert isinstance(plan.address, DeviceAddress)
    return plan.address


def _places(addresses: Sequence[object]) -> list[PointAddress]:
    return [address for address in addresses if isinstance(address, PointAddress)]


def _layouts(options: Connection, address: DeviceAddress, group: GroupPlan, made: Layouts) -> tuple[Layout, ...]:
    """The blocks of a group; devices of one profile share them."""
    limits = options.limits(address)
    parts: list[object] = [*group.points, *group.addresses]
    key = (limits, *map(id, parts))
    if key not in made:
        places = _places(group.addresses)
        points: Sequence[Point] = group.points
        made[key] = (parts, tuple(Layout.of(points, places, read, limits) for read in plan_reads(places, limits)))
    return made[key][1]


def build(plans: Sequence[ConnectionPlan], clock: Clock) -> list[Source]:
    """One source per connection, all on one tick."""
    ticker = Ticker(clock)
    layouts: Layouts = {}
    return [ModbusSource(plan, clock, ticker, layouts) for plan in plans]


def advise(device: DevicePlan, exchanges: Sequence[Exchange]) -> list[Advice]:
    """What a person should look at after a first exchange with a device."""
    return advice.advise(device, exchanges)
