"""How the gateway is, as the API and /metrics show it."""

from typing import Any

from gateway.core.clock import Clock
from gateway.core.ports import Source
from gateway.pipeline.forward import Forwarder
from gateway.pipeline.supervise import Supervisor
from gateway.store.outbox import Outbox

Json = dict[str, Any]


def ms(time_ns: int | None) -> int | None:
    """Nanoseconds as the API's milliseconds."""
    return None if time_ns is None else time_ns // 1_000_000


def source_state(source: Source, supervisor: Supervisor, driver: str, devices: int, clock: Clock) -> Json:
    """One connection."""
    health = supervisor.health
    return {
        "name": source.name,
        "driver": driver,
        "state": health.state,
        "since_ms": ms(health.since_ns),
        "error": health.error,
        "hint": health.hint,
        "retry_in_s": _left_s(health.retry_at, clock),
        "devices": devices,
        "counts": dict(source.counts),
    }


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
        "accepted": account.accepted,
        "delivered": account.delivered,
        "buffered": account.buffered,
        "quarantined": account.quarantined,
        "dropped": dict(account.dropped),
        "balanced": account.is_balanced,
        "counts": dict(forwarder.sink.counts),
    }


def outbox_state(outbox: Outbox, max_bytes: int) -> Json:
    """The outbox's sizes."""
    state = outbox.state
    return {
        "rows": state.rows,
        "bytes": state.used_bytes,
        "max_bytes": max_bytes,
        "wal_bytes": state.wal_bytes,
        "pending_bytes": state.pending_bytes,
        "free_bytes": state.free_bytes,
        "has_ballast": state.has_ballast,
        "is_full": state.is_full,
        "findings": outbox.findings,
    }


def _left_s(at: float | None, clock: Clock) -> float | None:
    return None if at is None else round(max(0.0, at - clock.monotonic()), 1)
