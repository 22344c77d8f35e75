"""Accounts after damage: whatever is left of the tables, accepted = delivered + buffered + quarantined + dropped."""

import logging
import random
import shutil
from dataclasses import replace

import pytest

from gateway.config.plan import StoreLimits
from gateway.core.batch import Batch, Block, Stream
from gateway.core.clock import SystemClock
from gateway.store.outbox import Outbox
from gateway.store.outbox_tables import Account

TELEMETRY = Stream.TELEMETRY
PAGE = 4096
SEEDS = 60


@pytest.fixture
async def content(limits: StoreLimits, block: Block) -> bytes:
    """outbox.db of two sinks of which one has delivered, refused and skipped something; both have lost the oldest."""
    noise = random.Random(1)
    capped = replace(limits, outbox_max_bytes=200_000)
    outbox = await Outbox.open(capped, SystemClock(), ballast_bytes=PAGE)
    await outbox.register(["a", "b"])
    for number in range(60):
        outbox.append(TELEMETRY, Batch(block, (number, noise.randbytes(3000).hex()), number))
        outbox.append(Stream.COUNTERS, Batch(block, (number, ""), number))
        await outbox.commit()
    after = (await outbox.read("a", TELEMETRY, outbox.cursor("a", TELEMETRY), 2**40))[4].seq
    await outbox.advance("a", TELEMETRY, after, quarantined=2, dropped={"text": 1})
    assert outbox.account("a").dropped["cap_bytes"] > 0
    assert outbox.account("a").is_balanced
    await outbox.close()
    return (limits.directory / "outbox.db").read_bytes()


async def accounts_of(limits: StoreLimits, block: Block, content: bytes) -> tuple[dict[str, Account], list[str]]:
    """Start with this file, take one more in, deliver everything; balanced all the time, and after another start."""
    shutil.rmtree(limits.directory)
    limits.directory.mkdir()
    (limits.directory / "outbox.db").write_bytes(content)
    found: dict[str, Account] = {}
    findings: list[str] = []
    for _ in range(2):
        outbox = await Outbox.open(limits, SystemClock(), ballast_bytes=PAGE)
        await outbox.register(["a", "b"])
        outbox.append(TELEMETRY, Batch(block, (1000, ""), 1))
        assert await outbox.commit() == outbox.position, outbox.findings
        for sink in ("a", "b"):
            account = outbox.account(sink)
            assert account.is_balanced, (sink, account, outbox.findings)
            found.setdefault(sink, account)
            for stream in Stream:
                while chunks := await outbox.read(sink, stream, outbox.cursor(sink, stream), 2**40):
                    await outbox.advance(sink, stream, chunks[-1].seq)
            assert outbox.account(sink).is_balanced
            assert outbox.account(sink).buffered == 0
        findings += outbox.findings
        await outbox.close()
    return found, findings


async def test_twenty_kilobytes_of_noise_over_the_accounts_leave_them_balanced(
    limits: StoreLimits, block: Block, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    for seed in range(SEEDS):
        at = random.Random(seed).randrange(2, 12) * PAGE
        damaged = content[:at] + random.Random(seed).randbytes(20_000) + content[at + 20_000 :]
        _, findings = await accounts_of(limits, block, damaged)
        assert findings
        assert all("\n" not in finding for finding in findings)
    messages = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert any("was damaged" in message for message in messages)
    assert not any("\n" in message for message in messages)


async def test_any_page_may_be_lost_and_the_accounts_balance(limits: StoreLimits, block: Block, content: bytes) -> None:
    for page in range(1, len(content) // PAGE):
        for filling in (b"\0" * PAGE, random.Random(page).randbytes(PAGE)):
            damaged = content[: page * PAGE] + filling + content[(page + 1) * PAGE :]
            await accounts_of(limits, block, damaged)


async def test_flipped_bits_in_the_figures_leave_balanced_accounts(
    limits: StoreLimits, block: Block, content: bytes
) -> None:
    heads = content.find(b"atelemetry"), content.find(b"btelemetry")
    assert min(heads) > 0
    for seed in range(SEEDS):
        dice = random.Random(seed)
        flipped = bytearray(content)
        for _ in range(dice.randrange(1, 4)):
            at = dice.choice(heads) // PAGE * PAGE
            used = [i for i in range(at, at + PAGE) if content[i]]
            flipped[dice.choice(used)] ^= 1 << dice.randrange(8)
        await accounts_of(limits, block, bytes(flipped))


async def test_an_undamaged_file_keeps_every_figure(limits: StoreLimits, block: Block, content: bytes) -> None:
    accounts, findings = await accounts_of(limits, block, content)
    assert findings == []
    assert (accounts["a"].quarantined, accounts["a"].dropped["text"]) == (2, 1)
    assert accounts["b"].dropped["cap_bytes"] > 0
    assert accounts["a"].accepted == accounts["b"].accepted == 2 * 121
