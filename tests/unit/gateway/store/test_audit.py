"""The audit log: appended, chained, found out when it was changed, shortened only by who has the archive."""

import asyncio
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import Unavailable
from gateway.store import audit, audit_archive, audit_verify, state
from gateway.store.audit import GAP, RESTORED, Act, AuditQuery, Result, Who
from gateway.store.audit_anchor import Anchor, anchor, anchors
from gateway.store.audit_chain import AuditVerdict
from gateway.store.audit_values import shown
from gateway.store.ledger import MIGRATIONS as LEDGER
from gateway.store.ledger_verify import verify as verify_ledger
from gateway.store.migrate import open_database, take_steps, transaction
from gateway.store.state import State

LI = Who("li", "operator", "session", "10.0.0.7")
NOW = 1_790_000_000 * 10**9
T = TypeVar("T")
GUARDS = ("audit_no_update", "audit_no_delete", "audit_only_behind", "audit_archive_no_update")


@asynccontextmanager
async def opened(directory: Path, clock: Any) -> AsyncIterator[State]:
    found = await State.open(directory, clock, durability="process_crash")
    yield found
    await found.close()


def run(directory: Path, clock: Any, work: Callable[[State], Awaitable[T]]) -> T:
    """Something with the file between its opening and its closing."""

    async def opened_and_done() -> T:
        async with opened(directory, clock) as found:
            return await work(found)

    return asyncio.run(opened_and_done())


async def rows_of(found: State) -> list[audit.AuditRow]:
    return await found.do(lambda db: audit.following(db, 0, 100))


# -- what is put down -------------------------------------------------------------------------------------------------


async def test_an_entry_says_who_did_what_from_where_when_and_how_it_went(tmp_path: Path, clock: Any) -> None:
    act = Act(LI, "alarm shelve", "overload:tx1", Result.REFUSED, "not allowed", "r1", shown({"b": 1, "a": 2}), None)
    async with opened(tmp_path, clock) as found:
        await found.put_down(act)
    async with opened(tmp_path, clock) as found:
        (row,) = await rows_of(found)
    assert (row.id, row.time_ns, row.monotonic_ns) == (1, clock.wall_ns, 1000 * 10**9)
    assert (row.who, row.role, row.via, row.origin) == ("li", "operator", "session", "10.0.0.7")
    assert (row.action, row.target, row.result, row.reason) == (
        "alarm shelve", "overload:tx1", "refused", "not allowed",
    )  # fmt: skip
    assert (row.before, row.after, row.request_id) == ('{"a":2,"b":1}', None, "r1")
    assert row.hash == row.chained(audit.NO_HASH)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET who = 'nobody'",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit",
        "DELETE FROM audit WHERE id = 1",
    ],
)
async def test_the_table_cannot_be_changed(tmp_path: Path, clock: Any, statement: str) -> None:
    async with opened(tmp_path, clock) as found:
        await found.put_down(Act(LI, "device read", "tx1"))
    with (
        closing(sqlite3.connect(tmp_path / "state.db")) as db,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        db.execute(statement)


def test_entries_of_before_the_chain_are_chained_when_the_file_is_brought_up_to_date(
    tmp_path: Path, clock: Any
) -> None:
    with closing(sqlite3.connect(tmp_path / "state.db", isolation_level=None)) as db:
        for steps in state.MIGRATIONS[:3]:
            take_steps(db, steps)
        db.execute("PRAGMA user_version=3")
        old = "INSERT INTO audit VALUES(NULL, ?, 'wang', 'operator', '10.0.0.9', 'alarm shelve', 'a', ?, 'r')"
        for number, result in enumerate(("asked", "refused: not now", "asked")):
            db.execute(old, (NOW + number, result))
    run(tmp_path, clock, lambda found: found.put_down(Act(LI, "device read", "tx1")))
    rows = run(tmp_path, clock, rows_of)
    assert [(row.id, row.result, row.reason) for row in rows[:3]] == [
        (1, "asked", ""), (2, "refused", "not now"), (3, "asked", ""),
    ]  # fmt: skip
    assert audit_verify.verify_state(tmp_path, ()).is_good


async def test_a_query_finds_by_who_action_result_time_and_leaves_out_what_was_asked_and_done(
    tmp_path: Path, clock: Any
) -> None:
    async with opened(tmp_path, clock) as found:
        for who, action, result, request in (
            ("li", "alarm shelve", Result.ASKED, "r1"),
            ("li", "alarm shelve", Result.DONE, "r1"),
            ("wang", "alarm comment", Result.ASKED, "r2"),
            ("wang", "sign in", Result.REFUSED, "r3"),
        ):
            clock.pass_time(60)
            await found.put_down(Act(Who(who, "operator", "session", ""), action, "x", result, request_id=request))

        async def ids(**wanted: Any) -> list[int]:
            return [row.id for row in await found.do(lambda db: audit.read(db, AuditQuery(**wanted), 10))]

        assert await ids() == [4, 3, 2, 1]
        assert await ids(last_steps=True) == [4, 3, 2]
        assert await ids(who="li") == [2, 1]
        assert await ids(action="alarm*") == [3, 2, 1]
        assert await ids(action="alarm") == []
        assert await ids(action="*") == [4, 3, 2, 1]
        assert await ids(result=Result.REFUSED) == [4]
        assert await ids(before_id=3) == [2, 1]
        assert await ids(from_ns=clock.wall_ns - 60 * 10**9, to_ns=clock.wall_ns) == [3]


# -- proof ------------------------------------------------------------------------------------------------------------


@dataclass
class Kept:
    """Twelve entries; the ledger holds the end of the chain after the fourth, the eighth and the twelfth."""

    directory: Path

    def tamper(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.directory / "state.db", isolation_level=None)) as db:
            for guard in GUARDS:
                db.execute(f"DROP TRIGGER {guard}")
            for statement in statements:
                assert db.execute(statement).rowcount, statement

    def write_chain_anew(self) -> None:
        """As somebody who knows how the chain is made."""
        with closing(sqlite3.connect(self.directory / "state.db", isolation_level=None)) as db:
            before = audit.NO_HASH
            for row in audit.following(db, 0, 100):
                before = row.chained(before)
                db.execute("UPDATE audit SET hash = ? WHERE id = ?", (before, row.id))

    def verify(self) -> AuditVerdict:
        return audit_verify.verify_state(self.directory, self.anchors())

    def anchors(self) -> list[Anchor]:
        with closing(sqlite3.connect(self.directory / "ledger.db")) as db:
            return anchors(db)

    def anchored(self, head: audit.Head) -> None:
        with closing(open_database(self.directory / "ledger.db", LEDGER, is_shared=True)) as db, transaction(db):
            anchor(db, head, NOW)


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    found = Kept(tmp_path)
    with closing(open_database(tmp_path / "state.db", state.MIGRATIONS)) as db:
        for number in range(1, 13):
            with transaction(db):
                audit.append(db, Act(LI, "device read", f"tx{number}"), NOW + number, float(number))
            if number % 4 == 0:
                found.anchored(audit.head(db))
    return found


def test_what_nobody_changed_is_good_and_every_anchor_fits(kept: Kept) -> None:
    verdict = kept.verify()
    assert (verdict.faults, verdict.gaps) == ([], [])
    assert (verdict.entries, verdict.last, verdict.anchors, verdict.anchored) == (12, 12, 3, 12)


CHANGES: dict[str, tuple[str, str]] = {
    "a word": ("UPDATE audit SET who = 'wang' WHERE id = 6", "entry 6 of .* was changed"),
    "a time": ("UPDATE audit SET time_ns = 1.5 WHERE id = 6", "entry 6 of .* was changed"),
    "a type": ("UPDATE audit SET target = x'00' WHERE id = 6", "entry 6 of an|entry 6 of .* was changed"),
    "a hash": ("UPDATE audit SET hash = x'00' WHERE id = 6", "entry 6 of .* was changed"),
    "one entry gone": ("DELETE FROM audit WHERE id = 6", "entry 6 before entry 7 of .*: removed"),
    "several gone": ("DELETE FROM audit WHERE id IN (5, 6)", "entries 5 to 6 before entry 7 of .*: removed"),
    "the first gone": ("DELETE FROM audit WHERE id = 1", "entry 1 before entry 2 of .*: removed"),
    "the last gone": ("DELETE FROM audit WHERE id > 10", "entries 11 to 12 are missing: record 3 of the ledger"),
    "all gone": ("DELETE FROM audit", "entries 1 to 12 are missing"),
    "one put in": (
        "INSERT INTO audit SELECT 0, time_ns, monotonic_ns, 'wang', role, via, origin, action, target, result,"
        " reason, request_id, before, after, hash FROM audit WHERE id = 1",
        "entry 0 stands before entry 1, the first: it was inserted",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_was_changed_is_found_and_named(kept: Kept, change: str) -> None:
    statement, expected = CHANGES[change]
    kept.tamper(statement)
    verdict = kept.verify()
    assert not verdict.is_good
    assert re.search(expected, verdict.faults[0].text), verdict.faults
    assert len(verdict.faults) == 1 or change == "a hash", "the entry behind a changed hash fits no more either"


def test_any_flipped_bit_of_a_text_is_found(kept: Kept) -> None:
    kept.tamper("UPDATE audit SET request_id = 'x' WHERE id = 12")
    assert kept.verify().faults[0].text.startswith("entry 12 of")


REWRITTEN: dict[str, tuple[str, ...]] = {
    "changed": ("UPDATE audit SET who = 'wang' WHERE id = 6",),
    "removed": ("DELETE FROM audit WHERE id = 6", "UPDATE audit SET id = id - 1 WHERE id > 6"),
    "inserted": (
        "UPDATE audit SET id = -id WHERE id > 6",
        "UPDATE audit SET id = -id + 1 WHERE id < 0",
        "INSERT INTO audit SELECT 7, time_ns, monotonic_ns, 'wang', role, via, origin, action, target, result,"
        " reason, request_id, before, after, hash FROM audit WHERE id = 1",
    ),
}


@pytest.mark.parametrize("how", REWRITTEN)
def test_a_chain_that_was_written_anew_does_not_fit_the_ledger(kept: Kept, how: str) -> None:
    kept.tamper(*REWRITTEN[how])
    kept.write_chain_anew()
    (fault, *_) = kept.verify().faults
    assert "does not fit record 2 of the ledger" in fault.text
    assert "one of the entries 5 to 8 was changed, removed or inserted" in fault.text


def test_verifying_the_ledger_says_it_too(kept: Kept) -> None:
    assert verify_ledger(kept.directory).audit_entries == 12
    kept.tamper("UPDATE audit SET who = 'wang' WHERE id = 6")
    assert [fault.message for fault in verify_ledger(kept.directory).faults] == kept_faults(kept)


def kept_faults(kept: Kept) -> list[str]:
    return [f"audit log: {one.text}" for one in kept.verify().faults]


def test_a_missing_file_is_told_by_the_ledger_that_speaks_for_it(kept: Kept) -> None:
    (kept.directory / "state.db").unlink()
    assert any("the audit log was not checked" in note for note in verify_ledger(kept.directory).notes)


# -- gaps -------------------------------------------------------------------------------------------------------------


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:] = b"\xa5" * (len(content) - 100)
    path.write_bytes(content)


def test_a_file_restored_from_its_copy_says_that_entries_are_lost_and_is_no_tampering(kept: Kept, clock: Any) -> None:
    run(kept.directory, clock, rows_of)  # its end takes a copy
    copy = (kept.directory / "state.copy.db").read_bytes()
    run(kept.directory, clock, lambda found: found.put_down(Act(LI, "device read", "lost")))
    kept.anchored(run(kept.directory, clock, lambda found: found.do(audit.head)))
    (kept.directory / "state.copy.db").write_bytes(copy)
    damage(kept.directory / "state.db")
    run(kept.directory, clock, lambda found: found.put_down(Act(LI, "device read", "after")))
    kept.anchored(run(kept.directory, clock, lambda found: found.do(audit.head)))
    verdict = kept.verify()
    assert verdict.faults == []
    (gap,) = verdict.gaps
    assert "an older state.db took its place" in gap.text
    assert "are lost" in gap.text
    *_, restored, after = run(kept.directory, clock, rows_of)
    assert (restored.action, restored.who, json.loads(restored.after or "")["kept"]) == (RESTORED, "gateway", 12)
    assert after.id == restored.id + 1 > 14, "a number that was given is not given again"


def test_a_file_that_starts_empty_says_so(kept: Kept, clock: Any) -> None:
    damage(kept.directory / "state.db")
    (row,) = run(kept.directory, clock, rows_of)
    assert row.action == RESTORED
    assert kept.verify().faults == []
    assert len(kept.verify().gaps) == 1


def test_an_older_file_that_somebody_put_back_is_told_as_missing_entries(kept: Kept, clock: Any) -> None:
    def tell(db: sqlite3.Connection) -> int:
        with transaction(db):
            return audit.tell_gap(db, GAP, 20, clock.time_ns(), 0.0).id

    assert run(kept.directory, clock, lambda found: found.do(tell)) > 20
    (fault,) = kept.verify().faults
    assert "entries 13 to 20 are missing: state.db was older than the ledger when the gateway started" in fault.text


# -- archives ---------------------------------------------------------------------------------------------------------


def archived(kept: Kept, upto: int) -> Path:
    """Written out and removed."""
    with closing(sqlite3.connect(kept.directory / "state.db", isolation_level=None)) as db, transaction(db):
        head = audit_archive.begin(db)
        block, _ = audit_archive.page(db, head.after, upto)
        path = kept.directory / f"audit-{upto}.jsonl"
        path.write_bytes(audit_archive.head_line(head) + block)
        audit_archive.remove(db, upto, sha256(path.read_bytes()).hexdigest(), NOW)
        head_now = audit.head(db)
    kept.anchored(head_now)
    return path


def test_entries_go_only_into_an_archive_and_the_chain_goes_on_over_it(kept: Kept) -> None:
    files = [archived(kept, 5), archived(kept, 9)]
    rest = kept.verify()
    assert (rest.faults, rest.entries, rest.archived) == ([], 3, 9)
    over = audit_verify.verify_archives(files, kept.anchors(), rest)
    assert (over.faults, over.entries, over.anchors) == ([], 9, 2)
    last = audit_verify.verify_archives(files[1:], kept.anchors(), rest)
    assert (last.faults, last.entries) == ([], 4)


def test_after_everything_was_archived_the_numbers_go_on(kept: Kept, clock: Any) -> None:
    archived(kept, 12)
    assert run(kept.directory, clock, lambda found: found.put_down(Act(LI, "device read", "next"))).id == 13
    assert run(kept.directory, clock, lambda found: found.do(audit.head)).count == 13
    assert kept.verify().faults == []


def missing_line(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], *lines[3:]]


def other_word(lines: list[bytes]) -> list[bytes]:
    return [lines[0], lines[1].replace(b'"li"', b'"wu"'), *lines[2:]]


def shorter(lines: list[bytes]) -> list[bytes]:
    return lines[:-1]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (missing_line, "entry 2 before entry 3"),
        (other_word, "entry 1 of .* was changed"),
        (shorter, "the archives end at entry 4, state.db goes on behind entry 5"),
    ],
)
def test_an_archive_that_was_changed_is_found(
    kept: Kept, change: Callable[[list[bytes]], list[bytes]], expected: str
) -> None:
    path = archived(kept, 5)
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))
    verdict = audit_verify.verify_archives([path], kept.anchors(), kept.verify())
    assert re.search(expected, verdict.faults[0].text)


@given(st.binary(max_size=200))
def test_any_bytes_as_an_archive_are_refused_in_words(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("archive") / "a.jsonl"
    path.write_bytes(data)
    with pytest.raises(Unavailable):
        list(audit_archive.read_archive(path)[1])


def test_the_end_of_an_archive_is_in_the_ledger(kept: Kept) -> None:
    archived(kept, 5)
    kept.tamper("UPDATE audit_archive SET hash = x'00'")
    assert "the end of the last archive, entry 5, was changed" in kept.verify().faults[0].text
