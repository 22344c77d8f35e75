"""Traces: from a figure to the raw readings and the signed log; a chain that is broken says where and why."""

import json
import sqlite3
import zipfile
from dataclasses import replace
from datetime import date
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from gateway.accounts.carbon.audit_sample import chosen, write_sample
from gateway.accounts.carbon.trace import Depth, trace
from gateway.core.errors import Rejected
from gateway.store.evidence import EvidenceStore
from tests.unit.gateway.accounts.account_park import OCTOBER, AccountPark, filled, hourly

WHOLE = ["total", "entry", "activity", "days", "intervals", "factors", "ledger"]


def _trace(park: AccountPark, entry: str, **more: Any) -> dict[str, Any]:
    return trace(park.db, park.books, entry, park.now_ns, **more)


def _steps(found: dict[str, Any]) -> list[str]:
    return [step["step"] for step in found["steps"]]


def _step(found: dict[str, Any], name: str) -> dict[str, Any]:
    step: dict[str, Any] = next(step for step in found["steps"] if step["step"] == name)
    return step


def _entry(park: AccountPark, source: str = "acme_power", **more: Any) -> str:
    lines = park.summary(**more)["bases"][0]["lines"]
    return str(next(line["entries"][0] for line in lines if line["source"] == source))


def test_a_recorded_entry_leads_to_readings_factor_and_signed_log(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.close()
    found = _trace(park, _entry(park)[:10])
    assert found["is_whole"]
    assert _steps(found) == WHOLE
    assert len(_step(found, "days")["days"]) == 31
    first = _step(found, "intervals")["intervals"][0]
    assert [reading[2] for reading in first["readings"]] == ["1000", "1031.25"]
    (factor,) = _step(found, "factors")["factors"]
    assert factor["source"]["publisher"]
    assert factor["source"]["sha256"]
    assert _step(found, "ledger")["proof"]["path"]


def test_an_entry_of_an_open_month_is_calculated_and_not_recorded(tmp_path: Path) -> None:
    park = filled(tmp_path)
    found = _trace(park, _entry(park))
    assert (found["is_recorded"], found["is_whole"]) == (False, True)
    park.close()
    assert _trace(park, found["entry"])["is_recorded"]


def test_a_recorded_line_names_who_prepared_and_who_approved(tmp_path: Path) -> None:
    park = filled(tmp_path)
    (source,) = [one for one in park.summary()["scope1"]["by_source"] if one["source"] == "acme_diesel"]
    found = _trace(park, source["entries"][0])
    assert [one["by"] for one in _step(found, "records")["records"]] == ["Li Wei", "Wang Fang"]
    broken = _trace(park, source["entries"][0], evidence=EvidenceStore(tmp_path))
    assert broken["broken"]["step"] == "records"
    assert "is missing or was changed" in broken["broken"]["missing"]


def test_a_trace_shows_the_days_as_they_were_known_at_the_close(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.close()
    entry = _entry(park)
    park.put("acme.import", hourly(*OCTOBER, "31.5"), *OCTOBER)
    park.restate()
    old, new = _trace(park, entry), _trace(park, _entry(park))
    assert old["is_whole"]
    assert new["is_whole"]
    assert {day["version"] for day in _step(old, "days")["days"]} == {1}
    assert {day["version"] for day in _step(new, "days")["days"]} == {2}


def test_a_reversal_leads_to_the_line_of_what_it_takes_back(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.close()
    park.put("acme.import", hourly(*OCTOBER, "31.5"), *OCTOBER)
    reversal = park.restate().body["reversals"][0]
    found = _trace(park, reversal)
    assert found["is_whole"], found["broken"]
    assert _step(found, "entry")["reverses"]


def test_one_day_or_every_interval_can_be_shown(tmp_path: Path) -> None:
    park = filled(tmp_path)
    entry = _entry(park)
    one = _step(_trace(park, entry, depth=Depth(date(2026, 10, 7))), "intervals")["intervals"]
    assert {interval["from"][:10] for interval in one} == {"2026-10-07"}
    every = _step(_trace(park, entry, depth=Depth(every_interval=True)), "intervals")["intervals"]
    assert len(every) == 31 * 24


def test_another_enterprise_has_no_such_entry(tmp_path: Path) -> None:
    park = filled(tmp_path)
    entry = _entry(park)
    with pytest.raises(Rejected):
        _trace(park, entry, enterprise="bravo")
    park.close()
    with pytest.raises(Rejected):
        _trace(park, entry, enterprise="bravo")
    assert _trace(park, entry, enterprise="acme")["is_whole"]


def test_a_tenant_sees_its_own_total_of_an_entry_that_the_park_shares(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.close("park")
    park.close("acme")
    (source,) = [one for one in park.summary()["scope1"]["by_source"] if one["source"] == "acme_gas"]
    assert _trace(park, source["entries"][0])["entity"] == "park"
    assert _trace(park, source["entries"][0], enterprise="acme")["entity"] == "acme"


def _tampered(db: sqlite3.Connection, statement: str, *values: object) -> None:
    """What somebody with the file in hand can do."""
    triggers = db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in triggers:
        db.execute(f"DROP TRIGGER {name}")
    db.execute(statement, values)


def test_a_lost_day_breaks_the_chain_where_it_was(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.close()
    entry = _entry(park)
    _tampered(park.db, "DELETE FROM meter_day WHERE day = ? AND meter = 2", date(2026, 10, 9).toordinal())
    found = _trace(park, entry)
    assert found["broken"] == {
        "after": "activity", "step": "days", "missing": "acme.import: 1 days are missing",
    }  # fmt: skip
    assert _steps(found) == ["total", "entry", "activity"]


def test_a_changed_payload_breaks_the_chain(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.close()
    entry = _entry(park)
    _tampered(park.db, "UPDATE meter_day SET payload = CAST(payload || x'00' AS BLOB) WHERE meter = 2 AND day % 31 = 5")
    assert "changed since it was written" in _trace(park, entry)["broken"]["missing"]


def test_a_changed_entry_does_not_fit_its_hash(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.close()
    entry = _entry(park)
    _tampered(
        park.db, "UPDATE record SET content = replace(content, 'grid_average', 'grid_avorage') WHERE id = ?", entry
    )
    _tampered(
        park.db, 'UPDATE record SET content = replace(content, \'"label":"p\', \'"label":"q\') WHERE id = ?', entry
    )
    found = _trace(park, entry)
    assert (found["broken"]["step"], found["is_whole"]) == ("entry", False)


def test_a_changed_run_does_not_fit_its_digest(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.close()
    entry = _entry(park)
    _tampered(park.db, "UPDATE record SET content = replace(content, '0.4974', '0.3974') WHERE kind = 'run'")
    found = _trace(park, entry)
    assert found["broken"]["step"] == "ledger"
    assert "was changed after it was recorded" in found["broken"]["missing"]


def test_the_sample_is_the_smallest_hashes_of_seed_and_id() -> None:
    ids = [f"{number:064x}" for number in range(50)]
    expected = sorted(ids, key=lambda one: sha256(f"moon:{one}".encode()).hexdigest())[:5]
    assert chosen(ids, 5, "moon") == chosen(list(reversed(ids)), 5, "moon") == expected
    assert chosen(ids, 5, "sun") != expected


def test_a_sample_holds_traces_files_and_a_manifest_of_their_hashes(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.close()
    first, second = BytesIO(), BytesIO()
    for file in (first, second):
        ids = write_sample(park.db, park.books, "acme", "2026-10", 4, "moon", file, park.now_ns)
    assert first.getvalue() == second.getvalue()
    with zipfile.ZipFile(first) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert {one["name"] for one in manifest["files"]} | {"manifest.json"} == set(archive.namelist())
        for one in manifest["files"]:
            assert sha256(archive.read(one["name"])).hexdigest() == one["sha256"]
        for entry in ids:
            assert json.loads(archive.read(f"entries/{entry}.json"))["is_whole"]
        assert archive.read("checkpoint.txt").startswith(b"park.example/ledger\n")


@pytest.mark.parametrize(("count", "seed"), [(0, "a"), (201, "a"), (1, ""), (1, "a\nb")])
def test_a_sample_that_nobody_can_mean_is_refused(tmp_path: Path, count: int, seed: str) -> None:
    park = filled(tmp_path)
    with pytest.raises(Rejected):
        write_sample(park.db, park.books, "acme", "2026-10", count, seed, BytesIO(), park.now_ns)


def test_a_tenants_sample_has_no_intervals_of_others(tmp_path: Path) -> None:
    park = filled(tmp_path)
    own = replace(park.books.sources["acme_power"], meters=("virtual.rest",), exports=())
    rest = replace(park.books.virtual["virtual.rest"], plus=("tx1.import",), minus=("bravo.import",))
    sources = {**park.books.sources, "acme_power": own}
    park.books = replace(park.books, sources=sources, virtual={"virtual.rest": rest})
    for asking, is_shown in ((None, True), ("acme", False)):
        out = BytesIO()
        write_sample(park.db, park.books, "acme", "2026-10", 20, "s", out, park.now_ns, EvidenceStore(tmp_path), asking)
        with zipfile.ZipFile(out) as archive:
            texts = [archive.read(name) for name in archive.namelist() if name.startswith("entries/")]
        assert any(b'"register": "bravo.import"' in text for text in texts) is is_shown
