"""Ledger checkpoints as batches for the outbox: every sink keeps them, as measurement `ledger_checkpoint`.

So the signed root of the ledger lies outside the gateway as soon as a sink has it.
"""

from collections.abc import Mapping

from gateway.core.batch import Batch, Block
from gateway.core.device import Device
from gateway.core.point import Names, Point, PointKind, ValueType
from gateway.store.checkpoints import Checkpoint

KIND = "ledger_checkpoint"
_DEVICE = "ledger"
_POINTS = (
    Point("size", kind=PointKind.STATE, type=ValueType.INT, names=Names("Records", "记录数")),
    Point("root", kind=PointKind.STATE, type=ValueType.TEXT),
    Point("note", kind=PointKind.STATE, type=ValueType.TEXT, names=Names("Checkpoint", "检查点")),
)
TAGS = tuple(f"{_DEVICE}.{point.name}" for point in _POINTS)
"""The tags whose integer ids the checkpoints carry."""


class CheckpointBatches:
    """Makes batches of checkpoints. One that is sent again has the same time and replaces itself."""

    def __init__(self, site: str, ids: Mapping[str, int]) -> None:
        self._block = Block(Device(_DEVICE, site, "", KIND), _POINTS, 0.0, tuple(ids[tag] for tag in TAGS))

    def batch(self, checkpoint: Checkpoint) -> Batch:
        """One checkpoint, at the time at which it was signed."""
        return Batch(self._block, (checkpoint.size, checkpoint.root_hex, checkpoint.note), checkpoint.time_ns)
