"""Checkpoints as samples: every sink gets the signed root."""

from gateway.pipeline.checkpoint_export import KIND, TAGS, CheckpointBatches
from gateway.store.checkpoints import Checkpoint


def test_a_checkpoint_is_one_batch_at_the_time_of_its_signature() -> None:
    batches = CheckpointBatches("qinghe", {tag: number for number, tag in enumerate(TAGS, 7)})
    batch = batches.batch(Checkpoint(42, "ab" * 32, 1_790_000_000 * 10**9, "the note\n"))
    assert (batch.block.device.kind, batch.block.device.site) == (KIND, "qinghe")
    assert dict(zip((point.name for point in batch.block.points), batch.values, strict=True)) == {
        "size": 42, "root": "ab" * 32, "note": "the note\n",
    }  # fmt: skip
    assert batch.time_ns == 1_790_000_000 * 10**9
    assert batch.block.ids == (7, 8, 9)
    again = batches.batch(Checkpoint(42, "ab" * 32, 1_790_000_000 * 10**9, "the note\n"))
    assert (again.block, again.time_ns) == (batch.block, batch.time_ns), "sent again it replaces itself"
