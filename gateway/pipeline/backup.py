"""The backups of one gateway, wired to its stores and its audit log."""

from collections.abc import Callable, Mapping
from pathlib import Path

from gateway.backup.keeper import Backups, SaveHistory, Stores
from gateway.backup.manifest import Manifest
from gateway.config.plan import ParkPlan
from gateway.core.clock import Clock
from gateway.core.ports import Sink
from gateway.pipeline.audit import AuditKeeper
from gateway.store.audit import GATEWAY
from gateway.store.ledger import Ledger
from gateway.store.outbox import Outbox
from gateway.store.state import State


async def open_backups(
    plan: Callable[[], ParkPlan],
    stores: tuple[Outbox, Ledger, State],
    sinks: Mapping[str, Sink],
    exports: Path,
    audit: AuditKeeper,
    clock: Clock,
) -> Backups:
    """Ready to make backups. Raises Unavailable."""

    def history() -> SaveHistory | None:
        """That of the sink that has files of its own; a reload may have made another one."""
        return next((sink.save for sink in sinks.values() if hasattr(sink, "save")), None)

    async def put_down(path: Path, manifest: Manifest) -> None:
        await audit.note(GATEWAY, "backup", path.name, after=summary(manifest))

    found = Backups(plan, Stores(*stores, history), exports, clock, put_down)
    await found.open()
    return found


def summary(manifest: Manifest) -> dict[str, object]:
    """What the audit log says of a backup."""
    return {
        "files": len(manifest.files),
        "bytes": manifest.size,
        "records": manifest.ledger.size,
        "root": manifest.ledger.root,
        "has_key": "ledger.key" in manifest.names,
    }
