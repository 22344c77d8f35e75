"""The MQTT source: messages in, batches out, acknowledged when they are durable.

broker --> Link (paho on the loop) --> messages of one turn --> Router --> mapper --> Intake.accept --> position
   ^                                                                                                        |
   +--------- PUBACK in order of arrival <--------- Acknowledgements <-------- on_durable(position) <-------+
"""

import asyncio
import itertools
import logging
import os
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from drivers.mqtt.acks import Acknowledgements
from drivers.mqtt.client import Link
from drivers.mqtt.compile import Compiled, compile_connection
from drivers.mqtt.config import Connection
from drivers.mqtt.frames import Message
from drivers.mqtt.mapper import read_payload
from drivers.mqtt.probe import probe_device
from gateway.config.plan import ConnectionPlan
from gateway.core.batch import Batch
from gateway.core.clock import Clock
from gateway.core.device import Device
from gateway.core.errors import ConfigError, Unavailable
from gateway.core.ports import Counts, Exchange, Fault, Frame, Intake
from gateway.core.quality import Quality

log = logging.getLogger(__name__)
REJECTS_KEPT = 20
REJECT_BYTES = 200
LISTEN_S = 15.0  # many devices speak every ten seconds; who reads one by hand does not wait much longer
SILENCE_EXPECTS = 3  # a device is silent when it said nothing for this many times its `expect`
YOUNG_S = 35.0  # a broker that ends connections sooner has a reason; two in a fight wait for up to 30 s between
FIGHT_S = 600.0  # losses longer ago than this say nothing about now
FIGHT_LOSSES = 3  # so many within `FIGHT_S` are no accident
GATHER_S = 0.05  # a commit is asked for at the latest this long after the first message began to wait


@dataclass(frozen=True, slots=True)
class Reject:
    """A message that yielded nothing, or not all that it could have, for the person who looks after the device."""

    time_ns: int
    topic: str
    reason: str
    payload: bytes  # the first 200 bytes


@dataclass(slots=True)
class _Run:
    """What lives as long as one connection."""

    intake: Intake
    link: Link
    acks: Acknowledgements
    connected_at: float | None = None  # monotonic
    asked_s: float | None = None  # delay of the commit that was asked for and has not come yet


class MqttSource:
    """One broker with all devices behind it."""

    def __init__(
        self, plan: ConnectionPlan, clock: Clock, *, timeout_s: float = 5.0, listen_s: float | None = None
    ) -> None:
        """`timeout_s` bounds every answer of the broker; a probe listens for `listen_s` (default: as long)."""
        self.name = plan.name
        self.counts: Counts = Counter()
        self.rejects: deque[Reject] = deque(maxlen=REJECTS_KEPT)
        self._options = cast("Connection", plan.options)
        self._clock = clock
        self._timeout_s = timeout_s
        self._listen_s = timeout_s if listen_s is None else listen_s
        self._probes = itertools.count(1)
        self._compiled: Compiled = compile_connection(plan)
        self.blocks = tuple(found.block for found in self._compiled.plans)
        self.client_id = self._options.client_id or _client_id(plan)
        self.address = self._options.endpoint
        self._run: _Run | None = None
        self._is_down = False  # the points were handed in bad, and nothing came since
        self._down_message = ""  # what the devices' faults say
        self._heard: set[Device] = set()  # since the connection was made
        self._odd_clocks: set[Device] = set()
        self._lost_young: deque[float] = deque(maxlen=1000)  # when (monotonic) connections ended soon after they stood
        self._had_session = False
        self._durable = -1  # the newest position that was told, by whatever connection

    async def run(self, intake: Intake) -> None:
        """Connect, subscribe and take messages in until cancelled. Raises `Unavailable` when the broker is gone."""
        is_persistent = self._options.qos == 1
        link = Link(self._options, self.client_id, self._take, is_persistent=is_persistent, timeout_s=self._timeout_s)
        run = self._run = _Run(intake, link, Acknowledgements(self._durable))
        try:
            await self._connect(link, intake)
            run.connected_at = self._clock.monotonic()
            await self._listen(link, intake)
        except Unavailable as error:
            self._note_loss(run)
            self._tell(intake, error)
            raise
        finally:
            self._run = None  # what waits may never be acknowledged on another connection
            link.close()
            self._hand_in_bad(intake)

    def on_durable(self, position: int) -> None:
        """Acknowledge what waited for this position; the rest of the window asks for its own commit."""
        self._durable = position
        run = self._run
        if run is not None:
            run.acks.durable(position)
            run.asked_s = None
            self._settle(run)

    async def probe(self, device: str, points: Sequence[str] = ()) -> list[Exchange]:
        """Listen for the next message of each topic that these points need, on a connection of its own."""
        client_id = f"{self.client_id}-probe-{os.getpid()}-{next(self._probes)}"  # two at a time do not meet
        return await probe_device(
            self._options,
            self._compiled,
            client_id,
            device,
            points,
            clock=self._clock,
            timeout_s=self._timeout_s,
            listen_s=self._listen_s,
        )

    async def _connect(self, link: Link, intake: Intake) -> None:
        was_kept = await link.open()
        if self._had_session and not was_kept:
            self.counts["sessions_lost"] += 1
            log.warning("mqtt_session_lost connection=%s: what was published meanwhile may be lost", self.name)
        self._had_session = self._options.qos == 1
        self._check_refused(await link.subscribe(self._compiled.filters))
        self.counts["connects"] += 1
        self._down_message = ""
        for device in self._compiled.topics:
            intake.fault(device.id, None)  # that the broker was away; whether the device speaks is not known yet

    async def _listen(self, link: Link, intake: Intake) -> None:
        """Until the connection is lost; says of each device that is not heard in time that it is silent."""
        connected = self._clock.monotonic()
        expected = sorted({block.interval_s for block in self.blocks})
        for expect_s in expected:
            left_s = connected + SILENCE_EXPECTS * expect_s - self._clock.monotonic()
            await asyncio.wait({link.lost}, timeout=max(0.0, left_s))
            if link.lost.done():
                break
            for device in dict.fromkeys(block.device for block in self.blocks if block.interval_s == expect_s):
                if device not in self._heard:
                    self._say_silent(intake, device)
        await link.lost

    def _say_silent(self, intake: Intake, device: Device) -> None:
        message = f"connected to broker {self._options.endpoint}, but no message yet"
        topic = self._compiled.topics[device][0]
        self._set_fault(intake, device, Quality.BAD_TIMEOUT, message, f"does it publish to {topic}?")

    @property
    def findings(self) -> list[str]:
        """What a person should look at now: a broker that ends connection after connection."""
        now = self._clock.monotonic()
        recent = sum(1 for at in self._lost_young if now - at <= FIGHT_S)
        if recent < FIGHT_LOSSES:
            return []
        return [
            f"connection `{self.name}`: the broker {self._options.endpoint} ended it {recent} times in the last "
            f"{FIGHT_S / 60:g} minutes, each time soon after it was made: are there two gateways with the client id "
            f"`{self.client_id}`? Every one needs a `client_id` of its own"
        ]

    def _note_loss(self, run: _Run) -> None:
        """A connection that stood and was ended young by the other side; not one that we gave up ourselves."""
        now = self._clock.monotonic()
        if run is self._run and run.connected_at is not None and now - run.connected_at < YOUNG_S:
            self.counts["connections_lost_young"] += 1
            self._lost_young.append(now)

    def _check_refused(self, refused: dict[str, str]) -> None:
        """A refused subscription costs its own devices only; when all are refused the connection is of no use."""
        for topic, reason in refused.items():
            self.counts["subscriptions_refused"] += 1
            log.warning("mqtt_subscription_refused connection=%s topic=%s reason=%s", self.name, topic, reason)
        if refused and len(refused) == len(self._compiled.filters):
            topic, reason = next(iter(refused.items()))
            raise Unavailable(
                f"broker {self._options.endpoint}: it refuses the subscription to {topic}: {reason}",
                "check the broker's access list for this user",
            )

    def _take(self, messages: list[Message]) -> None:
        """All messages of one turn of the loop."""
        run = self._run
        if run is None:
            return
        received_ns = self._clock.time_ns()
        for message in messages:
            if not self._take_one(run, message, received_ns):
                self._shed(run)
                return
        self.counts["messages"] += len(messages)
        self._settle(run)

    def _take_one(self, run: _Run, message: Message, received_ns: int) -> bool:
        """Hand in what a message holds; False where the queue is full and the broker has to keep it."""
        position = None
        for batch in self._batches(run, message, received_ns):
            position = run.intake.accept(batch)
            if position is None:
                if message.qos:
                    return False
                self.counts["lost_qos0"] += 1  # no broker keeps it: disconnecting would only lose more
                break
            self._note(run.intake, batch)
        if message.qos:
            run.acks.add(message.mid, position)
            self.counts["redelivered"] += message.dup
        else:
            self.counts["messages_qos0"] += 1
        return True

    def _note(self, intake: Intake, batch: Batch) -> None:
        if batch.block.device not in self._heard:
            self._hear(intake, batch.block.device)
        if batch.quality is not None and Quality.UNCERTAIN_TIME in batch.quality:
            self._doubt_clock(batch.block.device)

    def _batches(self, run: _Run, message: Message, received_ns: int) -> list[Batch]:
        """What a message holds; where that is nothing, or not all, the reason is counted and kept."""
        topic, payload = message.topic, message.payload
        plans = self._compiled.router.find(topic)
        if not plans:
            reason = "no configured device publishes to this topic"
            return self._reject("unknown_topics", topic, reason, payload, received_ns)
        if len(payload) > self._options.max_payload:
            reason = f"{len(payload):,} bytes, more than max_payload ({self._options.max_payload:,})"
            return self._reject("oversized", topic, reason, payload, received_ns)
        for plan in plans:
            if run.intake.is_traced(plan.block.device.id):
                run.intake.frame(Frame(received_ns, plan.block.device.id, sent=False, data=payload, note=topic))
        if message.retain and self._options.retained == "drop":
            self.counts["retained_dropped"] += 1
            return []
        batches, complaint = read_payload(plans, payload, received_ns, is_retained=message.retain)
        if complaint:
            self._reject("malformed", topic, complaint, payload, received_ns)
        return batches

    def _reject(self, counter: str, topic: str, reason: str, payload: bytes, received_ns: int) -> list[Batch]:
        self.counts[counter] += 1
        self.rejects.append(Reject(received_ns, topic, reason, payload[:REJECT_BYTES]))
        return []

    def _settle(self, run: _Run) -> None:
        """Acknowledge what is durable, and ask for the commit that the rest waits for."""
        ready = run.acks.release()
        if ready:
            run.link.acknowledge(ready)
            self.counts["acknowledged"] += len(ready)
        if not run.acks:
            return
        delay_s = 0.0 if len(run.acks) * 2 >= self._options.window else GATHER_S
        if run.asked_s is None or delay_s < run.asked_s:
            run.asked_s = delay_s
            run.intake.hasten(delay_s)

    def _shed(self, run: _Run) -> None:
        """The queue before the outbox is full: nothing is acknowledged any more, so the broker keeps and redelivers."""
        self.counts["shed"] += 1
        self._run = None
        run.link.drop(
            Unavailable(
                f"broker {self._options.endpoint}: disconnected because the queue before the outbox is full",
                "nothing is lost, the broker keeps the messages; is the disk slow or full?",
            )
        )

    def _hear(self, intake: Intake, device: Device) -> None:
        """The first message of a device since the connection was made."""
        self._heard.add(device)
        self._is_down = False
        intake.fault(device.id, None)

    def _doubt_clock(self, device: Device) -> None:
        self.counts["implausible_times"] += 1
        if device not in self._odd_clocks:
            self._odd_clocks.add(device)
            log.warning("mqtt_implausible_time device=%s: its clock is wrong, the time of receipt is taken", device.id)

    def _set_fault(self, intake: Intake, device: Device, quality: Quality, message: str, hint: str) -> None:
        intake.fault(device.id, Fault(device.id, self._clock.time_ns(), quality, message, hint=hint))

    def _hand_in_bad(self, intake: Intake) -> None:
        """Every point is bad now; said once, however often the connection is tried in vain."""
        self._heard.clear()
        if self._is_down:
            return
        self._is_down = True
        now_ns = self._clock.time_ns()
        for block in self.blocks:
            count = len(block.points)
            intake.accept(Batch(block, (None,) * count, now_ns, (Quality.BAD_DISCONNECTED,) * count))

    def _tell(self, intake: Intake, error: Unavailable) -> None:
        """Why no device gives values, when it is another reason than before."""
        if error.message != self._down_message:
            self._down_message = error.message
            for device in self._compiled.topics:
                self._set_fault(intake, device, Quality.BAD_DISCONNECTED, error.message, error.hint)


def _client_id(plan: ConnectionPlan) -> str:
    """Stable, because the broker keeps the session by it, and different for each site and connection."""
    sites = {device.device.site for device in plan.devices}
    return "-".join(["park-gateway", *sorted(sites)[:1], plan.name])


def build(plans: Sequence[ConnectionPlan], clock: Clock) -> list[MqttSource]:
    """One source per connection. Raises `ConfigError` where two would throw each other off the broker."""
    sources = [MqttSource(plan, clock, listen_s=LISTEN_S) for plan in plans]
    seen: dict[tuple[str, str], str] = {}
    for source in sources:
        other = seen.setdefault((source.address, source.client_id), source.name)
        if other != source.name:
            raise ConfigError(
                f"connections `{other}` and `{source.name}` use the client id `{source.client_id}` at {source.address}",
                "every connection to a broker needs a `client_id` of its own",
            )
    return sources
