"""The ledger through the API: records, checkpoints, proofs, evidence, each to who may see it."""

import base64
import sqlite3
from hashlib import sha256
from typing import Any

import pytest

from gateway.api import routes_ledger
from gateway.store import records
from gateway.store.records import Kind, Record
from rules.ledger.merkle import verify_consistency, verify_inclusion
from rules.ledger.note import opened, read_verifier

LEDGER = "/api/v1/carbon/ledger"
PHOTO = b"\xff\xd8\xff photo"
PAGE = b"<html><script>alert(1)</script>"
NOW = 1_790_000_000 * 10**9


@pytest.fixture
async def filled(park: Any) -> list[Record]:
    """Records of two enterprises and of the park; two of them name files."""
    ledger = park.gateway.ledger
    photo = await ledger.do(lambda _: ledger.evidence.put(PHOTO))
    page = await ledger.do(lambda _: ledger.evidence.put(PAGE))

    def write(db: sqlite3.Connection) -> list[Record]:
        with ledger.write(db):
            named = {"sha256": photo, "name": "表 1.jpg", "media_type": "image/jpeg"}
            other = {"sha256": page, "name": "evil.html\r\nX: y", "media_type": "text/html"}
            return [
                records.append(db, NOW, Kind.ACTIVITY, {"evidence": [named]}, enterprise="huali", period="2026-09"),
                records.append(db, NOW, Kind.READING, {"evidence": [other]}, enterprise="dongyue", period="2026-09"),
                *(records.append(db, NOW, Kind.ENTRY, {"n": n}, enterprise="huali", about="run") for n in range(5)),
                records.append(db, NOW, Kind.CLOSE, {"sha256": photo}, period="2026-09"),
            ]

    found: list[Record] = await ledger.do(write)
    return found


async def get(park: Any, path: str, status: int = 200, **parameters: Any) -> Any:
    answer = await park.http.get(LEDGER + path, params=parameters)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_records_come_in_pages(park: Any, filled: list[Record]) -> None:
    first = filled[0].seq
    page = await get(park, "/records", after=first - 1, limit=3)
    assert [record["id"] for record in page["records"]] == [record.id for record in filled[:3]]
    assert page["next"] == filled[2].seq
    assert "body" not in page["records"][0]
    rest = await get(park, "/records", after=page["next"])
    assert [record["seq"] for record in rest["records"]] == [record.seq for record in filled[3:]]
    assert rest["next"] is None
    back = await get(park, "/records", newest_first=True, limit=2)
    assert [record["seq"] for record in back["records"]] == [filled[-1].seq, filled[-2].seq]


async def test_records_are_filtered(park: Any, filled: list[Record]) -> None:
    async def ids(**wish: Any) -> set[str]:
        return {record["id"] for record in (await get(park, "/records", **wish))["records"]}

    assert await ids(kind="entry") == {record.id for record in filled[2:7]}
    assert await ids(kind=["reading", "close"], period="2026-09") == {filled[1].id, filled[7].id}
    assert await ids(enterprise="dongyue") == {filled[1].id}
    assert await ids(about="run", enterprise="huali") == {record.id for record in filled[2:7]}
    assert (await get(park, "/records", with_body=True, kind="close"))["records"][0]["body"]["sha256"]
    await get(park, "/records", 422, kind="nonsense")
    await get(park, "/records", 422, limit=100_000)


async def test_an_enterprise_sees_its_own_records_only(park: Any, filled: list[Record]) -> None:
    park.become("huali")
    page = await get(park, "/records")
    assert {record["enterprise"] for record in page["records"]} == {"huali"}
    assert (await get(park, "/records", enterprise="dongyue"))["records"] == []
    await get(park, f"/records/{filled[0].id}")
    for hidden in (filled[1], filled[7]):
        await get(park, f"/records/{hidden.id}", 404)
        await get(park, "/proof/inclusion", 404, seq=hidden.seq)
    assert (await park.http.get(f"/api/v1/carbon/evidence/{sha256(PAGE).hexdigest()}")).status_code == 404
    assert (await park.http.get(f"/api/v1/carbon/evidence/{sha256(PHOTO).hexdigest()}")).status_code == 200


async def test_a_record_is_found_by_the_beginning_of_its_id_and_does_not_come_twice(
    park: Any, filled: list[Record]
) -> None:
    entry = filled[4]
    answer = await park.http.get(f"{LEDGER}/records/{entry.id[:12]}")
    assert answer.json()["body"] == {"n": 2}
    again = await park.http.get(f"{LEDGER}/records/{entry.id}", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    await get(park, "/records/nothing-of-this-name", 404)
    await get(park, f"/records/{filled[0].id[:8]}", 422)  # several begin so


async def test_a_checkpoint_is_signed_and_its_proofs_hold(park: Any, filled: list[Record]) -> None:
    first = (await park.http.post(f"{LEDGER}/checkpoint")).json()
    key = await get(park, "/key")
    head = opened(first["note"], [read_verifier(key["key"])])
    assert (head.origin, head.size, head.root.hex()) == (key["origin"], first["size"], first["root"])
    assert await get(park, "/checkpoint") == first
    ledger = park.gateway.ledger

    def more(db: sqlite3.Connection) -> None:
        with ledger.write(db):
            records.append(db, NOW, Kind.ACTIVITY, {})

    await ledger.do(more)
    second = (await park.http.post(f"{LEDGER}/checkpoint")).json()
    assert second["size"] > first["size"]
    proof = await get(park, "/proof/consistency", old=first["size"], new=second["size"])
    roots = bytes.fromhex(first["root"]), bytes.fromhex(second["root"])
    path = [bytes.fromhex(hash_) for hash_ in proof["path"]]
    assert verify_consistency(first["size"], second["size"], *roots, path)
    found = await get(park, "/proof/inclusion", seq=filled[3].seq)
    assert found["checkpoint"] == second["note"]
    path = [bytes.fromhex(hash_) for hash_ in found["path"]]
    assert verify_inclusion(bytes.fromhex(found["leaf"]), found["index"], found["size"], path, roots[1])
    older = await get(park, "/proof/inclusion", seq=filled[3].seq, size=first["size"])
    assert (older["root"], older["checkpoint"]) == (first["root"], None)


async def test_proofs_of_what_is_not_there_are_refused(park: Any, filled: list[Record]) -> None:
    await get(park, "/proof/inclusion", 404, seq=10_000)
    await get(park, "/proof/inclusion", 422, seq=filled[5].seq, size=1)
    await get(park, "/proof/inclusion", 422, seq=0)
    await get(park, "/proof/consistency", 422, old=5, new=4)
    await get(park, "/proof/consistency", 422, old=1, new=10_000)


async def test_evidence_is_a_file_to_be_saved(park: Any, filled: list[Record]) -> None:
    answer = await park.http.get(f"/api/v1/carbon/evidence/{sha256(PHOTO).hexdigest()}")
    assert answer.content == PHOTO
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''%E8%A1%A8%201.jpg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["repr-digest"] == f"sha-256=:{base64.b64encode(sha256(PHOTO).digest()).decode()}:"
    tagged = {"if-none-match": answer.headers["etag"]}
    again = await park.http.get(f"/api/v1/carbon/evidence/{sha256(PHOTO).hexdigest()}", headers=tagged)
    assert again.status_code == 304


async def test_a_page_that_somebody_sent_as_evidence_is_only_bytes(park: Any, filled: list[Record]) -> None:
    answer = await park.http.get(f"/api/v1/carbon/evidence/{sha256(PAGE).hexdigest()}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''evil.html%0D%0AX%3A%20y"


@pytest.mark.parametrize("name", ["0" * 64, "..%2f..%2fetc%2fpasswd", "A" * 64, "x"])
async def test_evidence_that_no_record_names_is_not_given(park: Any, filled: list[Record], name: str) -> None:
    ledger = park.gateway.ledger
    alone = await ledger.do(lambda _: ledger.evidence.put(b"nobody names this"))
    for asked in (name, alone):
        assert (await park.http.get(f"/api/v1/carbon/evidence/{asked}")).status_code in (404, 422)


async def test_evidence_that_was_changed_is_not_given(park: Any, filled: list[Record]) -> None:
    ledger = park.gateway.ledger
    digest = sha256(PHOTO).hexdigest()
    await ledger.do(lambda _: ledger.evidence.path(digest).write_bytes(b"other"))
    answer = await park.http.get(f"/api/v1/carbon/evidence/{digest}")
    assert answer.status_code == 500
    assert "was changed" in answer.json()["detail"]


async def test_bodies_that_are_large_make_a_page_shorter(
    park: Any, filled: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes_ledger, "MOST_BYTES", 1)
    seen, after = [], filled[0].seq - 1
    while after is not None:
        page = await get(park, "/records", after=after, with_body=True)
        assert len(page["records"]) == 1
        seen += [record["id"] for record in page["records"]]
        after = page["next"]
    assert seen == [record.id for record in filled]


async def test_the_ledger_is_verified_for_those_who_see_the_park_and_what_was_changed_is_named(
    park: Any, filled: list[Record]
) -> None:
    url = "/api/v1/carbon/ledger/verify"
    found = (await park.http.post(url)).json()
    assert (found["is_good"], found["records"], found["faults"]) == (True, filled[-1].seq, [])
    victim = filled[0]
    await park.gateway.ledger.do(lambda db: _change(db, victim.seq))
    found = (await park.http.post(url)).json()
    assert not found["is_good"]
    assert victim.seq in [fault["seq"] for fault in found["faults"]]
    park.become("huali")
    assert (await park.http.post(url)).status_code == 403


def _change(db: sqlite3.Connection, seq: int) -> None:
    names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
    for name in names:
        db.execute(f"DROP TRIGGER {name}")
    db.execute("UPDATE record SET content = replace(content, '{', '{ ') WHERE seq = ?", (seq,))
    db.commit()
