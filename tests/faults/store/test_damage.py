"""Damaged files: the gateway starts, keeps what can be read, counts the rest, and says so."""

import random
import shutil
import sqlite3
from pathlib import Path

import pytest

from gateway.config.plan import StoreLimits
from gateway.core.batch import Batch, Block, Stream
from gateway.core.clock import SystemClock
from gateway.store.migrate import connect
from gateway.store.outbox import Outbox

TELEMETRY = Stream.TELEMETRY
ROWS = 60


@pytest.fixture
async def sound(limits: StoreLimits, block: Block) -> StoreLimits:
    """A closed outbox with a backlog of sixty rows of which five are delivered to `a`, none to `b`."""
    noise = random.Random(1)
    outbox = await Outbox.open(limits, SystemClock(), ballast_bytes=4096)
    await outbox.register(["a", "b"])
    for number in range(ROWS):
        outbox.append(TELEMETRY, Batch(block, (number, noise.randbytes(3000).hex()), number))
        await outbox.commit()
    await outbox.advance("a", TELEMETRY, (await outbox.read("a", TELEMETRY, 0, 2**40))[4].seq)
    await outbox.close()
    return limits


async def numbers_after(limits: StoreLimits, block: Block, is_damaged: bool | None = None) -> list[int]:
    """Open, take one more in, read all of `b`; checks that both accounts add up."""
    outbox = await Outbox.open(limits, SystemClock(), ballast_bytes=4096)
    await outbox.register(["a", "b"])
    outbox.append(TELEMETRY, Batch(block, (1000, ""), 1))
    assert await outbox.commit() == 1, outbox.findings
    chunks = await outbox.read("b", TELEMETRY, outbox.cursor("b", TELEMETRY), 2**40)
    seqs = [chunk.seq for chunk in chunks]
    assert seqs == sorted(set(seqs))
    numbers = [int(batch.values[0] or 0) for chunk in chunks for batch in chunk.batches]
    for sink in ("a", "b"):
        assert outbox.account(sink).is_balanced
    assert outbox.account("b").buffered == 2 * len(numbers)
    if is_damaged is not None:
        assert bool(outbox.findings) == is_damaged
        assert (sum(outbox.account("b").dropped.values()) > 0) == is_damaged
    assert numbers[-1] == 1000
    assert set(numbers) <= {*range(ROWS), 1000}
    await outbox.close()
    return numbers[:-1]


async def test_an_undamaged_file_is_read_whole(sound: StoreLimits, block: Block) -> None:
    assert await numbers_after(sound, block, is_damaged=False) == list(range(ROWS))


async def test_one_bad_page_costs_only_its_rows(sound: StoreLimits, block: Block) -> None:
    path = sound.directory / "outbox.db"
    db = sqlite3.connect(path)
    db.close()
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(content)
    kept = await numbers_after(sound, block)
    assert ROWS - 10 <= len(kept) <= ROWS
    assert kept == sorted(kept)


async def test_the_damaged_file_is_kept_for_a_person(sound: StoreLimits, block: Block) -> None:
    path = sound.directory / "outbox.db"
    content = bytearray(path.read_bytes())
    content[4096 : 5 * 4096] = random.Random(1).randbytes(4 * 4096)
    path.write_bytes(content)
    await numbers_after(sound, block)
    (aside,) = (sound.directory / "quarantine").glob("outbox-*.db")
    assert aside.read_bytes() == bytes(content)


@pytest.mark.parametrize("content", [b"", b"\0" * 8192, b"no database" * 1000], ids=["empty", "zeros", "text"])
async def test_a_file_of_which_nothing_is_left_is_started_anew(
    sound: StoreLimits, block: Block, content: bytes
) -> None:
    (sound.directory / "outbox.db").write_bytes(content)
    assert await numbers_after(sound, block) == []


async def test_seqs_never_start_again_after_damage(sound: StoreLimits, block: Block) -> None:
    (sound.directory / "outbox.db").write_bytes(b"no database" * 1000)
    outbox = await Outbox.open(sound, SystemClock(), ballast_bytes=4096)
    await outbox.register(["a"])
    outbox.append(TELEMETRY, Batch(block, (1, ""), 1))
    await outbox.commit()
    (chunk,) = await outbox.read("a", TELEMETRY, 0, 2**40)
    assert chunk.seq > 10**12
    await outbox.close()


async def test_a_file_cut_short_anywhere_starts(sound: StoreLimits, block: Block, tmp_path: Path) -> None:
    content = (sound.directory / "outbox.db").read_bytes()
    cuts = [*range(0, len(content), len(content) // 12), 1, 99, 100, 4095, 4097]
    for cut in cuts:
        shutil.rmtree(sound.directory)
        sound.directory.mkdir()
        (sound.directory / "outbox.db").write_bytes(content[:cut])
        kept = await numbers_after(sound, block)
        assert kept == sorted(kept)


async def test_a_flipped_bit_anywhere_costs_little_and_never_the_start(sound: StoreLimits, block: Block) -> None:
    content = (sound.directory / "outbox.db").read_bytes()
    dice = random.Random(5)
    kept_sizes = []
    for _ in range(40):
        flipped = bytearray(content)
        flipped[dice.randrange(100, len(content))] ^= 1 << dice.randrange(8)
        shutil.rmtree(sound.directory)
        sound.directory.mkdir()
        (sound.directory / "outbox.db").write_bytes(flipped)
        kept = await numbers_after(sound, block)
        assert kept == sorted(kept)
        kept_sizes.append(len(kept))
    assert sorted(kept_sizes)[len(kept_sizes) // 2] >= ROWS - 2


def forgetful(path: Path) -> sqlite3.Connection:
    """A connection that keeps next to no pages in memory."""
    db = connect(path)
    db.execute("PRAGMA cache_size=2")
    return db


async def test_damage_that_shows_while_running_is_repaired_without_a_restart(sound: StoreLimits, block: Block) -> None:
    outbox = await Outbox.open(sound, SystemClock(), ballast_bytes=4096, connector=forgetful)
    await outbox.register(["a", "b"])
    path = sound.directory / "outbox.db"
    with path.open("r+b") as file:  # behind SQLite's back
        size = path.stat().st_size
        for page in range(10, size // 4096, 3):
            file.seek(page * 4096)
            file.write(b"\xff" * 4096)
    chunks = await outbox.read("b", TELEMETRY, 0, 2**40)
    outbox.append(TELEMETRY, Batch(block, (1000, ""), 1))
    assert await outbox.commit() == 1
    again = await outbox.read("b", TELEMETRY, outbox.cursor("b", TELEMETRY), 2**40)
    numbers = [int(batch.values[0] or 0) for chunk in again for batch in chunk.batches]
    assert numbers[-1] == 1000
    assert len(chunks) < ROWS
    account = outbox.account("b")
    assert account.is_balanced
    assert account.buffered == 2 * len(numbers)
    assert account.dropped["corrupt"] > 0
    assert outbox.findings
    await outbox.close()


async def test_a_damaged_log_loses_no_balance(limits: StoreLimits, block: Block, tmp_path: Path) -> None:
    outbox = await Outbox.open(limits, SystemClock(), ballast_bytes=4096)
    await outbox.register(["a", "b"])
    for number in range(20):
        outbox.append(TELEMETRY, Batch(block, (number, "text" * 100), number))
        await outbox.commit()
    files = {name: (limits.directory / name).read_bytes() for name in ("outbox.db", "outbox.db-wal")}
    await outbox.close()
    dice = random.Random(7)
    for _ in range(30):
        flipped = bytearray(files["outbox.db-wal"])
        flipped[dice.randrange(len(flipped))] ^= 1 << dice.randrange(8)
        shutil.rmtree(limits.directory)
        limits.directory.mkdir()
        (limits.directory / "outbox.db").write_bytes(files["outbox.db"])
        (limits.directory / "outbox.db-wal").write_bytes(flipped)
        kept = await numbers_after(limits, block)
        assert kept == list(range(len(kept)))
