"""How the gateway is, as the API and /metrics show it."""

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any

from gateway.config.plan import ConnectionPlan
from gateway.core.clock import Clock
from gateway.core.device import Device
from gateway.core.ports import Source
from gateway.pipeline.commit import Committer
from gateway.pipeline.forward import Forwarder
from gateway.pipeline.snapshot import DeviceState, Snapshot
from gateway.pipeline.supervise import Supervisor
from gateway.store.outbox import Outbox

Json = dict[str, Any]


def ms(time_ns: int | None) -> int | None:
    """Nanoseconds as the API's milliseconds."""
    return None if time_ns is None else time_ns // 1_000_000


def source_state(source: Source, supervisor: Supervisor, connection: ConnectionPlan, clock: Clock) -> Json:
    """One connection."""
    health = supervisor.health
    return {
        "name": source.name,
        "driver": connection.driver,
        "address": connection.options.endpoint,
        "state": health.state,
        "since_ms": ms(health.since_ns),
        "error": health.error,
        "hint": health.hint,
        "retry_in_s": _left_s(health.retry_at, clock),
        "restarts": health.restarts,
        "devices": len(connection.devices),
        "counts": dict(source.counts),
        "rejects": [_reject_json(reject) for reject in getattr(source, "rejects", ())],
    }


def _reject_json(reject: Any) -> Json:
    """A message that yielded nothing, as it came."""
    payload = reject.payload.decode(errors="replace")
    return {"time_ms": ms(reject.time_ns), "topic": reject.topic, "reason": reject.reason, "payload": payload}


def sink_state(forwarder: Forwarder, supervisor: Supervisor, outbox: Outbox, driver: str, clock: Clock) -> Json:
    """One sink with its account: accepted = delivered + buffered + quarantined + dropped."""
    status, account = forwarder.status, outbox.account(forwarder.sink.name)
    error = status.error or supervisor.health.error
    return {
        "name": forwarder.sink.name,
        "driver": driver,
        "state": status.state.value if supervisor.health.error is None else "waiting",
        "since_ms": ms(status.since_ns),
        "error": error,
        "hint": status.hint or supervisor.health.hint,
        "retry_in_s": _left_s(status.retry_at, clock),
        "last_success_ms": ms(status.last_success_ns),
        "oldest_ms": ms(account.oldest_ns),
        "waited_s": outbox.waited_s(forwarder.sink.name),
        "accepted": account.accepted,
        "delivered": account.delivered,
        "buffered": account.buffered,
        "quarantined": account.quarantined,
        "dropped": dict(account.dropped),
        "balanced": account.is_balanced,
        "counts": dict(forwarder.sink.counts),
    }


def longest_waited_s(outbox: Outbox, sinks: Iterable[str]) -> float | None:
    """How long the oldest sample that one of these sinks has not got has been in the outbox; `None`: nothing waits."""
    return max((waited_s for sink in sinks if (waited_s := outbox.waited_s(sink)) is not None), default=None)


def outbox_state(outbox: Outbox, committer: Committer, sinks: Collection[str], max_bytes: int) -> Json:
    """The outbox's sizes, and how its commits go."""
    state = outbox.state
    oldest = [time_ns for sink in sinks if (time_ns := outbox.account(sink).oldest_ns) is not None]
    p99_s = committer.p99_s
    return {
        "rows": state.rows,
        "bytes": state.used_bytes,
        "max_bytes": max_bytes,
        "wal_bytes": state.wal_bytes,
        "pending_bytes": state.pending_bytes,
        "free_bytes": state.free_bytes,
        "has_ballast": state.has_ballast,
        "is_full": state.is_full,
        "storage": outbox.storage.value,
        "oldest_ms": ms(min(oldest, default=None)),
        "waited_s": longest_waited_s(outbox, sinks),
        "commits": committer.commits,
        "commit_p99_ms": None if p99_s is None else round(p99_s * 1000, 2),
    }


def silent_by_connection(
    connections: Iterable[ConnectionPlan], snapshot: Snapshot, now_ns: int
) -> dict[str, tuple[int, int]]:
    """Devices without answer, and all, behind each connection."""
    gone = (DeviceState.SILENT, DeviceState.WAITING)
    return {
        line.name: (
            sum(snapshot.state(one.device.id, now_ns)[0] in gone for one in line.devices),
            len(line.devices),
        )
        for line in connections
    }


def device_counts(devices: Iterable[Device], snapshot: Snapshot, now_ns: int) -> dict[str, int]:
    """Devices by state."""
    counts = Counter(snapshot.state(device.id, now_ns)[0].value for device in devices)
    return {state.value: counts[state.value] for state in DeviceState}


def _left_s(at: float | None, clock: Clock) -> float | None:
    return None if at is None else round(max(0.0, at - clock.monotonic()), 1)
