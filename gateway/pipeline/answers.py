"""How a running gateway stands: what the API, /metrics and the gateway's own health ask of it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from gateway.backup.keeper import Backups
from gateway.config.plan import ParkPlan
from gateway.config.problems import Finding
from gateway.core.clock import Clock
from gateway.core.device import Device
from gateway.core.errors import Rejected
from gateway.core.history import History
from gateway.core.point import Point
from gateway.core.ports import Counts, Exchange, Source
from gateway.pipeline import report
from gateway.pipeline.accounting import Accounting
from gateway.pipeline.alarms import AlarmKeeper
from gateway.pipeline.audit import AuditKeeper
from gateway.pipeline.commit import Committer
from gateway.pipeline.deliveries import Deliveries
from gateway.pipeline.health import Vitals
from gateway.pipeline.intake import PipelineIntake
from gateway.pipeline.lines import Lines
from gateway.pipeline.owners import Owners
from gateway.pipeline.pointbook import PointBook
from gateway.pipeline.reload import Reloader
from gateway.pipeline.report import Json
from gateway.pipeline.retrial import Retrial
from gateway.pipeline.snapshot import Snapshot
from gateway.pipeline.taps import Taps
from gateway.pipeline.watch import Watch
from gateway.store.deadletter import DeadLetters
from gateway.store.outbox import Outbox
from gateway.store.state import State

if TYPE_CHECKING:
    from gateway.identity.certificate import Certificate


class Answers:
    """What a gateway says of itself; `gateway.pipeline.engine.Gateway` fills it in."""

    plan: ParkPlan  # in force
    clock: Clock
    watch: Watch
    snapshot: Snapshot
    reloader: Reloader
    audit: AuditKeeper
    backups: Backups
    owners: Owners
    certificate: "Certificate | None"
    _accounting: Accounting
    _committer: Committer
    _dead_letters: DeadLetters
    _deliveries: Deliveries
    _intake: PipelineIntake
    _lines: Lines
    _outbox: Outbox
    _points: PointBook
    _state: State

    @property
    def history(self) -> History | None:
        """The query side of the local history; `None` where the configuration has none."""
        return self._deliveries.history

    @property
    def counts(self) -> Counts:
        """What happened in the pipeline, by kind."""
        return self._intake.counts + Counts(late=self.snapshot.late, trace_frames_lost=self.taps.lost)

    @property
    def taps(self) -> Taps:
        """Who watches which device's frames."""
        return self._intake.taps

    @property
    def installation_id(self) -> str:
        """Made once per installation; survives everything but the loss of the disk."""
        return self._state.installation_id

    @property
    def dead_letters(self) -> DeadLetters:
        """What servers refused for good."""
        return self._dead_letters

    @property
    def retrial(self) -> Retrial:
        """Tries again what servers refused."""
        return self._deliveries.retrial

    @property
    def alarms(self) -> AlarmKeeper:
        """The alarms of the park."""
        return self.watch.alarms

    def _vitals(self) -> Vitals:
        """What the gateway's own health is made of."""
        state, accounts = self._outbox.state, [self._outbox.account(name) for name in self._deliveries.sinks]
        return Vitals(
            waited_s=report.longest_waited_s(self._outbox, self._deliveries.sinks),
            outbox_bytes=state.used_bytes,
            waiting=max((account.buffered for account in accounts), default=0),
            sinks_up={sink["name"]: sink["error"] is None for sink in self.sink_states()},
            quarantined=sum(account.quarantined for account in accounts),
            dropped=sum(sum(account.dropped.values()) for account in accounts),
            silent=report.silent_by_connection(self.plan.connections, self.snapshot, self.clock.time_ns()),
            channels_failing=self.watch.notifier.failing,
        )

    def points_of(self, device: Device) -> Mapping[str, Point]:
        """The device's points by name; none where it is not connected."""
        return self._points.points.get(device.id, {})

    @property
    def tags_by_device(self) -> Mapping[str, Mapping[str, None]]:
        """The tags of each device by its id, in order."""
        return self._points.tags

    async def probe(self, device: Device, points: Sequence[str]) -> list[Exchange]:
        """One real exchange with a device. Raises Rejected for what it does not have, Unavailable."""
        source = self._lines.source_of(device)
        if source is None:
            raise Rejected(
                f"device `{device.id}` is known but has no connection", "give it a `connection:` in park.yaml"
            )
        for name in points:
            if name not in self.points_of(device):
                raise Rejected(
                    f"device `{device.id}` has no point `{name}`", "GET /api/v1/devices/{id} lists its points"
                )
        return await source.probe(device.id, points)

    @property
    def sources(self) -> Mapping[str, Source]:
        """The running sources by connection."""
        return self._lines.sources

    def source_states(self) -> list[Json]:
        """Every connection: state, last error, counters."""
        return self._lines.states(self.plan.connections)

    def sink_states(self) -> list[Json]:
        """Every sink: state, last error, account."""
        return self._deliveries.states()

    def outbox_state(self) -> Json:
        """The outbox's sizes and findings."""
        return report.outbox_state(
            self._outbox, self._committer, self._deliveries.sinks, self.plan.store.outbox_max_bytes
        )

    @property
    def storage(self) -> str:
        """Whether samples are kept at the moment: `ok`, `full` (the oldest are dropped) or `failing`."""
        return self._outbox.storage.value

    def device_counts(self) -> dict[str, int]:
        """Devices by state."""
        return report.device_counts(self.plan.devices, self.snapshot, self.clock.time_ns())

    def findings(self) -> list[str]:
        """What a person should look at: configuration warnings, what the stores had to do."""
        found = [
            *map(str, self._written_findings()),
            *self._state.findings,
            *self._outbox.findings,
            *self._dead_letters.findings,
        ]
        found += [*self.watch.findings, *self._accounting.findings, *self.audit.findings, *self.backups.findings]
        found += self.certificate.findings(self.clock.time_ns()) if self.certificate else []
        found += [*self.reloader.findings, *self.owners.findings]
        for part in (*self._lines, *self._deliveries):
            found += getattr(part, "findings", [])
        return found

    def _written_findings(self) -> list[Finding]:
        """Of the files in force; those of the rules are said by the watch."""
        present = self.reloader.present.configuration
        return [*present.loaded.findings, *present.books.findings]

    def reasons_not_ready(self) -> list[str]:
        """Why samples cannot be taken in and kept at the moment; empty: ready."""
        full = ["so much waits to be stored that nothing more is taken in"] if self._outbox.is_full else []
        return [*self._outbox.troubles, *full]
