"""The inside of the gateway over the API: log, machine, lines, quarantine, backup; nothing of it for one enterprise."""

import asyncio
import csv
import io
import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.api.access import Principal, Role, Via
from gateway.api.machine import MachineWatch, history_bytes_a_day
from gateway.backup.archive import read_manifest
from gateway.core.clock import SystemClock
from gateway.core.device import Device
from gateway.core.ports import Counts, Refused
from gateway.pipeline.lineload import BUSY, LineLoads
from gateway.pipeline.logtail import KEPT, LONGEST, LogTail, shown
from gateway.store.audit import AuditQuery, read
from rules.connectivity.reason import Reason
from rules.connectivity.tally import Tally

PASSPHRASE = "correct horse battery"
INSIDE = ("logs", "machine", "sources", "quarantine", "quarantine/file", "backup")


async def test_the_inside_is_not_for_somebody_of_one_enterprise(park: Any) -> None:
    park.become("huali")
    for path in INSIDE:
        answer = await park.http.get(f"/api/v1/{path}")
        assert answer.status_code == 403, path
        assert "whole park" in answer.json()["detail"]


async def test_the_log_goes_on_from_where_somebody_read_it(park: Any) -> None:
    log = logging.getLogger("gateway.test")
    log.warning("line.silent source=%s", "line-1")
    first = (await park.http.get("/api/v1/logs")).json()
    assert first["items"][-1]["text"] == "line.silent source=line-1"
    assert first["items"][-1]["level"] == "warning"
    log.warning("line.returned source=%s", "line-1")
    rest = (await park.http.get(f"/api/v1/logs?since={first['last_id']}")).json()["items"]
    assert [one["text"] for one in rest] == ["line.returned source=line-1"]
    assert (await park.http.get("/api/v1/logs?level=error")).json()["items"] == []
    assert (await park.http.get("/api/v1/logs?level=loud")).status_code == 422


def test_the_log_is_bounded_and_what_is_logged_cannot_steer_or_tell_secrets() -> None:
    tail = LogTail()
    with tail.attached():
        log = logging.getLogger("gateway.test")
        log.debug("not this")
        log.error("name=%s token=%s url=%s", "\x1b[2Jx\nforged", "s3cret", "http://anna:pw@host/x?token=abc")
        log.error("Authorization: Bearer pg_5f0c1f2a_abcdefghijklmnop and %s", "pg_5f0c1f2a_abcdefghijklmnop")
        tail.emit(logging.makeLogRecord({"msg": "%d", "args": ("no number",), "levelname": "ERROR"}))
    first, second, third = tail.newest(10)
    assert "\x1b" not in first.text
    assert "\n" not in first.text
    assert not [secret for secret in ("s3cret", "pw@", "token=abc") if secret in first.text]
    assert "abcdefghijklmnop" not in second.text
    assert third.text == "%d"
    for number in range(KEPT + 5):
        tail.emit(logging.makeLogRecord({"msg": f"{number}", "levelno": logging.INFO, "levelname": "INFO"}))
    assert len(tail.newest(10**6)) == KEPT
    assert tail.newest(1)[0].text == f"{KEPT + 4}"


@given(st.text(max_size=3000))
def test_a_line_of_any_text_is_one_short_printable_line(text: str) -> None:
    line = shown(text)
    assert len(line) <= LONGEST
    assert line.isprintable()


async def test_the_machine_says_what_it_can(park: Any) -> None:
    found = (await park.http.get("/api/v1/machine")).json()
    assert found["memory_bytes"] > 2**20
    assert found["disk"]["bytes"] >= found["disk"]["free_bytes"] > 0
    assert found["certificate"] is None
    assert found["backup"]["last_ms"] is None
    assert found["profiles"] > 5
    assert found["clock"]["is_synchronised"] in (True, False, None)


def test_the_share_of_the_processor_is_of_the_time_between_two_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([(0.0, 0.0), (10.0, 4.0), (10.5, 4.5)])
    now = next(times)
    monkeypatch.setattr("gateway.api.machine.time.monotonic", lambda: now[0])
    monkeypatch.setattr("gateway.api.machine.time.process_time", lambda: now[1])
    monkeypatch.setattr("gateway.api.machine.os.cpu_count", lambda: 4)
    watch = MachineWatch(tmp_path)
    assert watch.look()["cpu_share"] is None
    now = next(times)
    assert watch.look()["cpu_share"] == 0.1
    now = next(times)
    assert watch.look()["cpu_share"] == 0.1, "half a second says nothing"


def test_how_long_the_disk_lasts_is_told_by_the_days_that_are_over(tmp_path: Path) -> None:
    assert history_bytes_a_day(tmp_path) is None
    for day, size in (("2026-11-20", 1000), ("2026-11-21", 3000), ("2026-11-22", 9)):
        (tmp_path / f"{day}.duckdb").write_bytes(bytes(size))
    assert history_bytes_a_day(tmp_path) == 2000


class HandClock(SystemClock):
    at_s = 1000.0

    def monotonic(self) -> float:
        return self.at_s


def test_a_line_tells_its_values_its_failures_and_how_busy_it_is() -> None:
    clock, counts = HandClock(), Counts({BUSY: 0})
    devices = {
        name: Device(name, "park", "park", "meter", connection=line)
        for name, line in (("m1", "line-1"), ("m2", "line-1"), ("m3", "line-2"), ("m4", None))
    }
    loads = LineLoads(devices, lambda: {"line-1": counts, "line-2": Counts()}, clock)
    assert loads.of("line-1").values_s is None
    clock.at_s += 60
    counts[BUSY] += 54_000_000
    for device, tally in (
        ("m1", Tally(good=600)),
        ("m2", Tally(good=300, missing=_lost(300))),
        ("m3", Tally(good=60)),
        ("m4", Tally(good=1)),
        ("gone", Tally(good=1)),
    ):
        loads.heard(device, tally)
    line = loads.of("line-1")
    assert (line.values_s, line.failed_share, line.bus_load) == (15.0, 0.25, 0.9)
    assert (loads.of("line-2").values_s, loads.of("line-2").bus_load) == (1.0, None)
    clock.at_s += 60
    loads.heard("m1", Tally(good=1200))
    assert (loads.of("line-1").values_s, loads.of("line-1").failed_share) == (20.0, 0.125)
    assert loads.of("line-1").bus_load == 0.0


def _lost(count: int) -> Any:
    tally = Tally()
    tally.missing[next(iter(Reason))] = count
    return tally.missing


async def test_what_was_refused_comes_in_pages_and_as_a_file_that_no_spreadsheet_runs(park: Any) -> None:
    letters = park.gateway.dead_letters
    for number in range(5):
        await letters.add("influx", [Refused(f"=cmd|{number}", "field type conflict", 400, 3)])
    await letters.add("other", [Refused("\ud800", "no", 422, 1)])
    first = (await park.http.get("/api/v1/quarantine?sink=influx&limit=3")).json()
    rest = (await park.http.get(f"/api/v1/quarantine?sink=influx&limit=3&offset={first['next']}")).json()
    assert [one["line"] for one in first["items"] + rest["items"]] == [f"=cmd|{n}" for n in (4, 3, 2, 1, 0)]
    assert rest["next"] is None
    assert first["items"][0]["count"] == 3
    assert (await park.http.get("/api/v1/quarantine")).json()["items"][0]["line"] == "?"
    lines = (await park.http.get("/api/v1/quarantine/file")).text.splitlines()
    assert len([json.loads(line) for line in lines]) == 6
    table = await park.http.get("/api/v1/quarantine/file?format=csv")
    cells = [row[4] for row in csv.reader(io.StringIO(table.text.removeprefix("\ufeff")))]
    assert cells[2] == "'=cmd|4"


class Mended:
    """A sink whose server takes by now what it refused, but for one line."""

    name = "influx"

    def __init__(self) -> None:
        self.lines: list[str] = []

    async def resend(self, refused: Sequence[Refused]) -> Sequence[Refused]:
        self.lines += [one.text for one in refused]
        return [replace(one, reason="still so") for one in refused if one.text == "c"]

    async def close(self) -> None:
        pass


async def test_what_was_refused_is_tried_again_by_an_engineer_and_put_down(park: Any) -> None:
    letters, sink = park.gateway.dead_letters, Mended()
    park.gateway._deliveries.sinks["influx"] = sink
    for line, reason in (("a", "conflict"), ("b", "too old"), ("c", "conflict")):
        await letters.add("influx", [Refused(line, reason, 400, 3)])
    for enterprise, role in ((None, Role.OPERATOR), ("huali", Role.ENGINEER)):
        park.become(enterprise, role)
        assert (await park.http.post("/api/v1/quarantine/retry", json={"sink": "influx"})).status_code == 403
    park.become(None, Role.ENGINEER)
    answer = await park.http.post("/api/v1/quarantine/retry", json={"sink": "influx", "reason": "conflict"})
    assert answer.json() == {"delivered": 3, "refused": 3, "left": 0, "error": "", "hint": ""}
    assert sink.lines == ["a", "c"]
    left = (await park.http.get("/api/v1/quarantine")).json()["items"]
    assert sorted((one["line"], one["reason"]) for one in left) == [("b", "too old"), ("c", "conflict")]
    rows = await park.gateway._state.do(lambda db: read(db, AuditQuery(action="quarantine retry"), 10))
    assert [(row.action, row.target, row.result) for row in rows] == [
        ("quarantine retry", "influx", "done"), ("quarantine retry", "influx", "asked"),
    ]  # fmt: skip
    assert '"delivered": 3' in (rows[0].after or "").replace('":3', '": 3')
    refused = await park.http.post("/api/v1/quarantine/retry", json={"sink": "history"})
    assert refused.status_code == 422


async def test_a_backup_is_downloaded_whole_put_down_and_counts_as_the_last_one(park: Any, tmp_path: Path) -> None:
    park.become(None)
    assert (await park.http.post("/api/v1/backup", json={})).status_code == 403, "an operator may not"
    park.ask_as(administrator())
    answer = await park.http.post("/api/v1/backup", json={"passphrase": PASSPHRASE})
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert 'filename="qinghe-' in answer.headers["content-disposition"]
    path = tmp_path / "got"
    await asyncio.to_thread(path.write_bytes, answer.content)
    manifest = await asyncio.to_thread(read_manifest, path, PASSPHRASE)
    assert {"state.db", "ledger.db", "ledger.key", "config/park.yaml"} <= manifest.names
    assert (await park.http.get("/api/v1/backup")).json()["last_ms"] == manifest.time_ns // 10**6
    rows = await park.gateway._state.do(lambda db: read(db, AuditQuery(action="backup"), 10))
    assert [row.result for row in rows] == ["done", "asked"]
    assert not [row for row in rows if PASSPHRASE in (row.after or "")]
    assert not await asyncio.to_thread(lambda: list(park.gateway.exports.iterdir()))


async def test_a_backup_that_cannot_be_wished_is_refused(park: Any) -> None:
    park.ask_as(administrator())
    for body in ({"passphrase": "short"}, {"passphrase": 12}, {"history": "yes please"}, {"x": 1}):
        assert (await park.http.post("/api/v1/backup", json=body)).status_code == 422, body


def administrator() -> Principal:
    return Principal("root", Role.ADMINISTRATOR, "127.0.0.1", None, via=Via.SOCKET)
