"""The routes of the audit log: who may read it, filters and pages, what speaks for an entry, archives."""

import asyncio
import hashlib
import json
from typing import Any

import pytest

from gateway.api.access import Role
from gateway.core.errors import Unavailable
from gateway.pipeline.audit import MINUTE_S
from gateway.store import audit
from gateway.store.audit import GATEWAY, AuditRow, Result, Who
from gateway.store.audit_anchor import anchors

BASE = "/api/v1/audit"
LI = Who("li.wei", "operator", "session", "10.0.0.7")


async def get(park: Any, **asked: Any) -> Any:
    answer = await park.http.get(BASE, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def rows(park: Any) -> list[AuditRow]:
    found: list[AuditRow] = await park.gateway.audit.state.do(lambda db: audit.following(db, 0, 1000))
    return found


@pytest.fixture
def desk(park: Any) -> Any:
    """Asked by an administrator."""
    park.become(None, Role.ADMINISTRATOR)
    return park


async def shelve(park: Any, *, is_refused: bool = False) -> None:
    asked = {"state": "unacknowledged"}, {"duration_s": 60, "comment": "=works"}
    async with park.gateway.audit.act(LI, "alarm shelve", "overload:tx1", before=asked[0], after=asked[1]) as entry:
        if is_refused:
            entry.refuse("it is not active")
        else:
            entry.after = {"state": "shelved", "comment": "=works"}


async def test_what_is_done_is_two_entries_under_one_number(desk: Any) -> None:
    await shelve(desk)
    done, asked = (await get(desk))["items"]
    assert (asked["result"], done["result"]) == ("asked", "done")
    assert asked["request_id"] == done["request_id"] != ""
    detail = (await desk.http.get(f"{BASE}/{done['id']}")).json()
    assert detail["before"] == {"state": "unacknowledged"}
    assert detail["after"] == {"state": "shelved", "comment": "=works"}
    assert [step["id"] for step in detail["steps"]] == [asked["id"]]
    assert (await get(desk, steps="last"))["items"] == [done]


async def test_a_refusal_says_why_and_a_fault_is_told_too(desk: Any) -> None:
    await shelve(desk, is_refused=True)
    with pytest.raises(Unavailable):
        async with desk.gateway.audit.act(LI, "device read", "tx1"):
            raise Unavailable("nothing answers")
    with pytest.raises(ZeroDivisionError):
        async with desk.gateway.audit.act(LI, "device read", "tx2"):
            raise ZeroDivisionError
    said = [(one["target"], one["result"], one["reason"]) for one in (await get(desk, steps="last"))["items"]]
    assert said == [
        ("tx2", "failed", "ZeroDivisionError"),
        ("tx1", "refused", "nothing answers"),
        ("overload:tx1", "refused", "it is not active"),
    ]


async def test_an_entry_has_the_number_of_the_request_that_the_answer_carries(desk: Any) -> None:
    answer = await desk.http.post("/api/v1/devices/grid/read", json={})
    assert {row.request_id for row in await rows(desk)} == {answer.headers["x-request-id"]}
    assert {(row.who, row.role, row.via) for row in await rows(desk)} == {("test", "administrator", "socket")}


async def test_entries_come_in_pages_and_by_filter(desk: Any) -> None:
    for _ in range(3):
        await shelve(desk)
    first = await get(desk, limit=4)
    rest = await get(desk, limit=4, before=first["next_before"])
    assert [one["id"] for one in first["items"] + rest["items"]] == [6, 5, 4, 3, 2, 1]
    assert rest["next_before"] is None
    assert len((await get(desk, action="alarm*", result="done", who="li.wei"))["items"]) == 3
    assert (await get(desk, who="nobody"))["items"] == []
    assert (await get(desk, to="2020-01-01T00:00:00Z"))["items"] == []


@pytest.mark.parametrize("asked", ["limit=501", "limit=0", "result=good", "from=yesterday", "before=0", "format=exe"])
async def test_what_makes_no_sense_is_refused(desk: Any, asked: str) -> None:
    assert (await desk.http.get(f"{BASE}?{asked}")).status_code == 422


async def test_only_auditors_and_administrators_read_it(park: Any) -> None:
    for role in Role:
        park.become("huali" if role is Role.ENTERPRISE else None, role)
        expected = 200 if role in (Role.AUDITOR, Role.ADMINISTRATOR) else 403
        for path in (BASE, f"{BASE}?format=csv", f"{BASE}/export"):
            assert (await park.http.get(path)).status_code == expected, (role, path)
        assert (await park.http.post(f"{BASE}/verify")).status_code == expected, role


async def test_as_csv_the_whole_range_comes_without_formulas_and_is_put_down(desk: Any) -> None:
    await shelve(desk)
    answer = await desk.http.get(BASE, headers={"accept": "text/csv"})
    lines = answer.text.splitlines()
    assert answer.headers["content-type"].startswith("text/csv")
    assert lines[0].startswith("\ufeffid,time,who,role,via")
    assert len(lines) == 4, "with what was asked for now"
    assert not any(cell.startswith("=") for cell in lines[1].split(","))
    newest = (await rows(desk))[-1]
    assert (newest.action, newest.result, json.loads(newest.after or "")["rows"]) == ("export audit", "done", 3)


async def test_the_chain_is_checked_on_request_and_the_answer_says_when(desk: Any) -> None:
    await shelve(desk)
    assert (await get(desk))["chain"]["state"] == "unchecked"
    found = (await desk.http.post(f"{BASE}/verify")).json()
    assert (found["state"], found["faults"], found["entries"]) == ("good", [], 3)
    assert (await get(desk))["chain"] == found


async def test_what_was_changed_behind_the_gateways_back_is_named(desk: Any) -> None:
    await shelve(desk)

    def change(db: Any) -> None:
        db.execute("DROP TRIGGER audit_no_update")
        db.execute("UPDATE audit SET who = 'wang' WHERE id = 1")

    await desk.gateway.audit.state.do(change)
    found = (await desk.http.post(f"{BASE}/verify")).json()
    assert found["state"] == "broken"
    assert found["faults"][0]["text"].startswith("entry 1 of")
    assert not (await desk.http.get(f"{BASE}/1")).json()["proof"]["chained"]


async def test_a_checkpoint_of_the_ledger_speaks_for_the_log(desk: Any) -> None:
    await shelve(desk)
    proof = (await desk.http.get(f"{BASE}/1")).json()["proof"]
    assert proof == {"chained": True, "anchor": None, "signed": False}
    await desk.gateway.ledger.checkpoint()
    (anchor,) = await desk.gateway.ledger.do(anchors)
    assert (anchor.head.id, anchor.head.count, anchor.head.hash) == (2, 2, (await rows(desk))[1].hash)
    proof = (await desk.http.get(f"{BASE}/1")).json()["proof"]
    assert proof == {"chained": True, "anchor": anchor.seq, "signed": True}
    await desk.gateway.ledger.checkpoint()
    assert len(await desk.gateway.ledger.do(anchors)) == 1, "nothing new was put down"


async def test_entries_go_only_when_who_asks_has_their_archive(desk: Any) -> None:
    for _ in range(3):
        await shelve(desk)
    archive = (await desk.http.get(f"{BASE}/export", params={"upto": 4})).content
    assert len(archive.splitlines()) == 5
    wrong = await desk.http.post(f"{BASE}/archive", json={"upto": 4, "sha256": "0" * 64})
    assert wrong.status_code == 422
    digest = hashlib.sha256(archive).hexdigest()
    done = await desk.http.post(f"{BASE}/archive", json={"upto": 4, "sha256": digest})
    assert done.json() == {"removed": 4}
    page = await get(desk)
    assert [(one["first"], one["upto"], one["rows"], one["sha256"]) for one in page["archives"]] == [(1, 4, 4, digest)]
    assert page["items"][-1]["id"] == 5
    found = (await desk.http.post(f"{BASE}/verify")).json()
    assert (found["state"], found["archived"], found["faults"]) == ("good", 4, [])


async def test_an_auditor_lets_nothing_go(park: Any) -> None:
    park.become(None, Role.AUDITOR)
    answer = await park.http.post(f"{BASE}/archive", json={"upto": 1, "sha256": "0" * 64})
    assert answer.status_code == 403


async def test_what_an_auditor_reads_is_put_down_once_a_minute_for_each_kind(park: Any) -> None:
    park.become(None, Role.AUDITOR)
    for _ in range(3):
        assert (await park.http.get("/api/v1/carbon/ledger/records?kind=entry")).status_code == 200
        await park.http.get("/api/v1/carbon/instruments")
    found = [(row.action, row.target, row.after) for row in await rows(park)]
    assert found == [
        ("auditor read", "/api/v1/carbon/ledger/records", '{"query":{"kind":"entry"}}'),
        ("auditor read", "/api/v1/carbon/instruments", None),
    ]
    park.become(None, Role.OPERATOR)
    await park.http.get("/api/v1/carbon/instruments")
    assert len(await rows(park)) == 2


async def test_a_step_of_the_clock_is_put_down(desk: Any) -> None:
    keeper = desk.gateway.audit
    await keeper.look_at_clock()
    assert await rows(desk) == []
    keeper._offset_s -= 3600  # as if it had been set forward by an hour since
    await keeper.look_at_clock()
    (row,) = await rows(desk)
    assert (row.who, row.action, row.target) == ("gateway", "clock step", "clock")
    assert json.loads(row.after or "")["step_s"] == pytest.approx(3600, abs=1)


async def test_a_flood_of_one_kind_is_one_entry_a_minute(desk: Any) -> None:
    keeper = desk.gateway.audit
    for _ in range(100):
        await keeper.note_once(LI, "sign in", "li.wei", "password", result=Result.REFUSED, reason="wrong")
    assert len(await rows(desk)) == 1
    keeper._recent = {key: at - MINUTE_S for key, at in keeper._recent.items()}
    await keeper.note_once(LI, "sign in", "li.wei", "password", result=Result.REFUSED, reason="wrong")
    assert len(await rows(desk)) == 2


async def test_it_says_before_it_is_full_and_then_takes_only_what_cannot_wait(desk: Any) -> None:
    keeper = desk.gateway.audit
    assert keeper.findings == []
    for _ in range(10):
        await shelve(desk)
    keeper._limit_bytes = int(keeper._size_bytes / 0.855)
    assert "85 % full" in desk.gateway.findings()[-1]
    keeper._limit_bytes = keeper._size_bytes
    assert "the audit log is full" in desk.gateway.findings()[-1]
    await shelve(desk)
    with pytest.raises(Unavailable, match="the audit log is full"):
        async with keeper.act(LI, "period close", "dongyue 2026-10"):
            raise AssertionError("nothing is done")
    answer = await desk.http.post("/api/v1/carbon/ledger/checkpoint")
    assert (answer.status_code, answer.json()["detail"]) == (503, "the audit log is full")
    archive = (await desk.http.get(f"{BASE}/export")).content
    digest, upto = hashlib.sha256(archive).hexdigest(), len(archive.splitlines()) - 1
    assert (await desk.http.post(f"{BASE}/archive", json={"upto": upto, "sha256": digest})).status_code == 200
    assert (await desk.http.post("/api/v1/carbon/ledger/checkpoint")).status_code == 200


async def test_what_cannot_be_put_down_is_not_done(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: Any) -> None:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(desk.gateway.audit.state, "put_down", full)
    before = await desk.gateway.ledger.do(lambda db: db.execute("SELECT count(*) FROM checkpoint").fetchone())
    assert (await desk.http.post("/api/v1/carbon/ledger/checkpoint")).status_code == 503
    assert await desk.gateway.ledger.do(lambda db: db.execute("SELECT count(*) FROM checkpoint").fetchone()) == before


async def test_a_result_that_cannot_be_put_down_does_not_undo_what_was_done(
    desk: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: Any) -> None:
        raise Unavailable("the disk is full")

    async with desk.gateway.audit.act(GATEWAY, "device read", "tx1"):
        monkeypatch.setattr(desk.gateway.audit.state, "put_down", full)
    assert [row.result for row in await rows(desk)] == ["asked"]


async def test_many_at_once_make_one_chain(desk: Any) -> None:
    await asyncio.gather(*(shelve(desk) for _ in range(20)))
    found = (await desk.gateway.audit.proof.verify()).verdict
    assert (found.faults, found.entries) == ([], 40)
