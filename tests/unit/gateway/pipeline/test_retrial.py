"""What a server refused is tried again: delivered once, in order, booked; refused once more it stays."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from gateway.config.plan import StoreLimits
from gateway.core.batch import Batch, Block, Stream
from gateway.core.clock import SystemClock
from gateway.core.device import Device
from gateway.core.errors import Rejected, Unavailable
from gateway.core.point import Point
from gateway.core.ports import Counts, Refused
from gateway.pipeline import retrial
from gateway.pipeline.retrial import Retrial, Retried
from gateway.store.deadletter import Choice, DeadLetters
from gateway.store.outbox import Outbox
from tests.unit.gateway.pipeline.test_forward import FakeSink

BLOCK = Block(Device("tx1", "park", "acme", "meter"), (Point("a"), Point("b")))


class Server(FakeSink):
    """A sink that takes lines again; `bad` ones it refuses still."""

    def __init__(self) -> None:
        super().__init__("influx")
        self.counts: Counts = Counts()
        self.bad: set[str] = set()
        self.lines: list[str] = []
        self.goes_after = 10**9  # calls
        self.holds: asyncio.Event | None = None

    async def resend(self, refused: Sequence[Refused]) -> Sequence[Refused]:
        if self.holds is not None:
            await self.holds.wait()
        self.goes_after -= 1
        if self.goes_after < 0:
            raise Unavailable("the server does not answer", "is it up?")
        self.lines += [one.text for one in refused if one.text not in self.bad]
        return [Refused(one.text, "still so", 422, one.count) for one in refused if one.text in self.bad]


class Office:
    """A sink whose account and quarantine hold some samples."""

    def __init__(self, outbox: Outbox, letters: DeadLetters) -> None:
        self.outbox, self.letters, self.server = outbox, letters, Server()
        self.retrial = Retrial({"influx": self.server, "history": FakeSink("history")}, outbox, letters, SystemClock())

    async def refuse(self, *lines: str, reason: str = "conflict") -> None:
        """Two samples each, quarantined."""
        for line in lines:
            self.outbox.append(Stream.TELEMETRY, Batch(BLOCK, (1.0, 2.0), 1))
            await self.outbox.commit()
            await self.letters.add("influx", [Refused(line, reason, 400, 2)])
            seq = self.outbox.cursor("influx", Stream.TELEMETRY) + 1
            await self.outbox.advance("influx", Stream.TELEMETRY, seq, quarantined=2)

    def figures(self) -> tuple[int, int]:
        """Delivered and quarantined; the account adds up whatever happens."""
        account = self.outbox.account("influx")
        assert account.is_balanced
        return account.delivered, account.quarantined

    async def kept(self) -> list[tuple[str, str]]:
        """What the quarantine holds, oldest first."""
        return [(one.line, one.reason) for one in reversed(await self.letters.newest(999))]


@pytest.fixture
async def office(tmp_path: Path, clock: Any) -> AsyncIterator[Office]:
    limits = StoreLimits(tmp_path / "data", 2**28, 7 * 86400.0, 0, 1.0, "process_crash")
    outbox = await Outbox.open(limits, SystemClock(), ballast_bytes=4096)
    await outbox.register(["influx"])
    letters = DeadLetters(tmp_path / "deadletter", clock)
    yield Office(outbox, letters)
    letters.close()
    await outbox.close()


async def test_what_is_taken_is_delivered_once_in_order_and_what_is_refused_again_stays(office: Office) -> None:
    await office.refuse(*"abcd")
    office.server.bad = {"b"}
    assert office.figures() == (0, 8)
    assert await office.retrial.run(Choice("influx")) == Retried(6, 2, 0)
    assert office.server.lines == ["a", "c", "d"]
    assert office.figures() == (6, 2)
    assert await office.kept() == [("b", "conflict")]
    office.server.bad = set()
    assert await office.retrial.run(Choice("influx", "conflict")) == Retried(2, 0, 0)
    assert (office.server.lines, office.figures(), await office.kept()) == (["a", "c", "d", "b"], (8, 0), [])
    assert await office.retrial.run(Choice("influx")) == Retried(0, 0, 0)
    assert office.server.lines == ["a", "c", "d", "b"]


async def test_only_what_was_chosen_is_sent(office: Office) -> None:
    await office.refuse("a", "b")
    await office.refuse("c", reason="too old")
    assert await office.retrial.run(Choice("influx", "conflict")) == Retried(4, 0, 0)
    assert (office.server.lines, await office.kept()) == (["a", "b"], [("c", "too old")])


async def test_a_server_that_goes_away_leaves_the_rest_where_it_was(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrial, "AT_ONCE", 2)
    await office.refuse(*"abcde")
    office.server.goes_after = 1
    done = await office.retrial.run(Choice("influx"))
    assert done == Retried(4, 0, 6, "the server does not answer", "is it up?")
    assert office.figures() == (4, 6)
    assert [line for line, _ in await office.kept()] == ["c", "d", "e"]


async def test_what_took_too_long_is_left_for_the_next_try(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrial, "PATIENCE_S", 0.01)
    await office.refuse("a")
    office.server.holds = asyncio.Event()
    done = await office.retrial.run(Choice("influx"))
    assert (done.delivered, done.left, done.error) == (0, 2, "the server gave no answer in time")
    assert office.figures() == (0, 2)


async def test_one_set_goes_at_a_time(office: Office) -> None:
    await office.refuse("a")
    office.server.holds = asyncio.Event()
    first = asyncio.ensure_future(office.retrial.run(Choice("influx")))
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="are being tried again"):
        await office.retrial.run(Choice("influx"))
    office.server.holds.set()
    assert (await first).delivered == 2
    assert office.server.lines == ["a"]


@pytest.mark.parametrize(("sink", "said"), [("none", "there is no sink `none`"), ("history", "cannot send again")])
async def test_a_sink_that_cannot_is_refused_in_words(office: Office, sink: str, said: str) -> None:
    with pytest.raises(Rejected, match=said):
        await office.retrial.run(Choice(sink))


async def test_an_older_version_of_an_energy_interval_never_replaces_a_newer_one(office: Office) -> None:
    interval = "energy_interval,point=m1.energy quantity=5 1"
    await office.refuse("a", interval)
    done = await office.retrial.run(Choice("influx"))
    assert (done.delivered, done.refused, done.left) == (2, 0, 2)
    assert "energy intervals are not sent again" in done.error
    assert office.server.lines == ["a"]
    assert [line for line, _ in await office.kept()] == [interval]


async def test_who_asked_and_went_changes_nothing_of_the_account(office: Office) -> None:
    await office.refuse("a")
    office.server.holds = asyncio.Event()
    asked = asyncio.ensure_future(office.retrial.run(Choice("influx")))
    await asyncio.sleep(0.1)
    asked.cancel()
    await asyncio.sleep(0)
    office.server.holds.set()
    async with asyncio.timeout(20):
        while office.figures() != (2, 0):
            await asyncio.sleep(0.01)
    assert await office.kept() == []
