"""The commands beside a running gateway: one simulated park and one gateway for all tests of this file."""

import csv
import json
import os
import re
import signal
import socket
import subprocess
import time
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.e2e.command.conftest import COMMAND, Folder, until

METER = "dongyue-main"
COLD_ROOM = "lantian-cold-a"
DEAD = "weike-grinding"  # silent by default in the simulated park
SECRETS = {"env": "hunter2-env", "file": "hunter2-file", "inline": "hunter2-inline", "url": "hunter2-url"}
SINKS = """sinks:
  by-env: {{driver: influxdb, url: "http://127.0.0.1:{port}", org: o, bucket: b, token: "${{INFLUX_TOKEN}}"}}
  by-file: {{driver: influxdb, url: "http://127.0.0.1:{port}", org: o, bucket: b, token: "file:influx.token"}}
  inline: {{driver: influxdb, url: "http://127.0.0.1:{port}", org: o, bucket: b, token: "{inline}"}}
"""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    """The simulated park and its gateway, with a sink that is away and whose tokens are secrets of every kind."""
    folder = Folder(tmp_path_factory.mktemp("live"))
    folder.write()
    sinks = SINKS.format(port=folder.port + 1, inline=SECRETS["inline"])
    folder.edit("sinks: {}\n", sinks + f"# the old password: {SECRETS['url']}\n")
    (folder.path / "influx.token").write_text(SECRETS["file"] + "\n")
    os.environ["INFLUX_TOKEN"] = SECRETS["env"]
    try:
        folder.start_park()
        folder.start_gateway()
        folder.wait_for_devices(55)
        yield folder
    finally:
        del os.environ["INFLUX_TOKEN"]
        folder.end()


def as_json(result: subprocess.CompletedProcess[str], code: int = 0) -> Any:
    assert result.returncode == code, result.stderr
    return json.loads(result.stdout)


def test_status_tells_connections_and_accounts(live: Folder) -> None:
    shown = live.run("status")
    assert shown.returncode == 0, shown.stderr
    assert re.search(r"devices: \d+ answering, \d+ silent, 62 connected of 178 known", shown.stdout)
    (away,) = [line for line in shown.stdout.splitlines() if line.startswith("by-env ")]
    assert f"127.0.0.1:{live.port + 1}" in away  # one line a sink for programs, however long its error
    status = as_json(live.run("status", "--json"))
    assert {sink["name"] for sink in status["sinks"]} == {"history", "by-env", "by-file", "inline", "energy"}
    assert all(sink["balanced"] for sink in status["sinks"])


def test_a_device_is_read_in_turn_with_the_polls(live: Folder) -> None:
    lost = sum(source["counts"].get("lost_connections", 0) for source in live.get("/api/v1/status")["sources"])
    shown = live.run("read", METER, "power_active", "energy_import")
    assert shown.returncode == 0, shown.stderr
    assert "by the running gateway" in shown.stderr
    assert shown.stdout.count("sent ") == 2  # they stand too far apart for one request
    assert re.search(r"^power_active +0x[0-9A-F]{4} 0x[0-9A-F]{4} +\d+\.\d+ +kW +good *$", shown.stdout, re.MULTILINE)
    found = as_json(live.run("read", f"{METER}.power_active", "--json"))
    (exchange,) = found["exchanges"]
    assert (found["device"], found["way"]) == (METER, "gateway")
    assert exchange["readings"][0]["unit"] == "kW"
    assert exchange["elapsed_ms"] > 0
    now = live.get("/api/v1/status")["sources"]
    assert sum(source["counts"].get("lost_connections", 0) for source in now) == lost


def test_a_device_that_speaks_by_itself_is_listened_to(live: Folder) -> None:
    found = as_json(live.run("read", COLD_ROOM, "--json"))
    (exchange,) = found["exchanges"]
    assert bytes.fromhex(exchange["request"]).decode() == f"park/lantian/{COLD_ROOM}/telemetry"
    assert b"temperature_air" in bytes.fromhex(exchange["response"])
    assert {reading["point"] for reading in exchange["readings"]} >= {"temperature_air", "door"}


def test_a_dead_device_ends_a_read_with_69_and_says_what_was_sent(live: Folder) -> None:
    shown = live.run("read", DEAD)
    assert shown.returncode == 69
    assert f"park-gateway trace {DEAD}" in shown.stderr  # what to do next
    assert "sent      " in shown.stdout
    assert "error     " in shown.stdout
    assert "no value" in shown.stdout


def test_everything_is_read_once_as_a_table(live: Folder) -> None:
    shown = live.run("run", "--once")
    assert shown.returncode == 69
    silent = re.findall(r"^\d+ devices? did not answer completely: (.*?)\.", shown.stderr, re.MULTILINE)[0].split(", ")
    assert DEAD in silent
    assert len(silent) < 8  # those who speak by themselves were heard, all at once
    rows = shown.stdout.splitlines()[1:]
    assert len({row.split()[0] for row in rows}) == 62
    assert any(re.fullmatch(rf"{METER} +power_active +\d+\.\d+ +kW +good *", row) for row in rows)


def test_frames_are_shown_as_they_pass(live: Folder) -> None:
    shown = live.run("trace", METER, "--seconds", "3")
    assert shown.returncode == 0, shown.stderr
    ways = [re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} (->|<-) ([0-9a-f]{2} )+[0-9a-f]{2}", line).group(1)  # type: ignore[union-attr]
            for line in shown.stdout.splitlines()]  # fmt: skip
    assert ways.count("->") >= 2
    assert ways.count("<-") >= 2
    assert shown.stderr.splitlines()[-1] == f"{len(ways)} frames"
    lines = live.run("trace", METER, "--seconds", "2", "--json").stdout.splitlines()
    assert all(set(json.loads(line)) == {"time_ms", "sent", "hex", "note"} for line in lines)


def test_ctrl_c_ends_a_trace_quietly_with_130(live: Folder) -> None:
    process = subprocess.Popen(
        [COMMAND, "trace", METER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=live.path
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=10)
    assert process.returncode == 130
    assert len(said.splitlines()) == 1  # what it said when it began


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")


def test_the_bundle_of_the_doctor_holds_neither_secrets_nor_values(live: Folder) -> None:
    result = live.run("doctor", "-o", "bundle.zip")
    assert result.returncode == 0, result.stderr
    with zipfile.ZipFile(live.path / "bundle.zip") as bundle:
        parts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert set(parts) >= {"versions.json", "config/0-park.yaml", "findings.txt", "data.json", "status.json"}
    assert [(name, kind) for name, text in parts.items() for kind, secret in SECRETS.items() if secret in text] == []
    assert "${INFLUX_TOKEN}" in parts["config/0-park.yaml"]
    assert "***" in parts["config/0-park.yaml"]
    assert not re.search(r'"(value|power_kw|payload|last_value)":', "".join(parts.values()))
    assert json.loads(parts["data.json"])["sizes"]["outbox.db"] > 0


def test_the_bundle_of_a_broken_configuration_names_places_but_no_secret(live: Folder) -> None:
    broken = live.path / "broken"
    broken.mkdir()
    text = live.config.read_text(encoding="utf-8")
    text = text.replace('url: "http://', f'url: "http://gateway:{SECRETS["url"]}@')
    (broken / "park.yaml").write_text(text.replace("token: ", "tokem: "), encoding="utf-8")
    (broken / "machines.csv").write_bytes((live.path / "machines.csv").read_bytes())
    result = live.run("doctor", "-c", "broken/park.yaml", "-o", "broken.zip")
    assert result.returncode == 0, result.stderr
    with zipfile.ZipFile(live.path / "broken.zip") as bundle:
        parts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    assert "broken/park.yaml:" in parts["config-errors.txt"]
    assert "`tokem`" in parts["config-errors.txt"]
    assert [(name, kind) for name, text in parts.items() for kind, secret in SECRETS.items() if secret in text] == []


def test_an_unknown_point_is_said_and_nothing_is_written(live: Folder) -> None:
    result = live.run("export", f"{METER}.colour", "-o", "never.csv")
    assert result.returncode == 1
    assert f"{METER}.colour" in result.stderr
    assert list(live.path.glob("*never*")) == []


def rows_of(path: Path) -> list[tuple[Any, ...]]:
    """The rows of an export, times as whole nanoseconds."""
    with duckdb.connect() as db:
        if path.suffix == ".parquet":
            return db.execute(f"SELECT epoch_ns(time), tag, value, text, quality FROM '{path}'").fetchall()
        columns = "columns={time: TIMESTAMP_NS, tag: VARCHAR, value: DOUBLE, text: VARCHAR, quality: VARCHAR}"
        return db.execute(
            f"SELECT epoch_ns(time), tag, value, text, quality FROM read_csv('{path}', header=true, {columns})"
        ).fetchall()


def stop_gateways(folder: Folder) -> None:
    for process in folder.processes:
        if process.poll() is None and COMMAND in process.args:  # type: ignore[operator]
            process.terminate()
            assert process.wait(12) == 0


def test_an_export_is_the_same_from_the_gateway_and_from_its_files(live: Folder) -> None:
    end = datetime.now(UTC)
    span = ["--from", iso(end - timedelta(minutes=2)), "--to", iso(end)]
    asked = [METER, f"{COLD_ROOM}.temperature_air", *span]
    for name in ("running.csv", "running.parquet"):
        assert live.run("export", *asked, "-o", name).returncode == 0
    told = as_json(live.run("export", *asked, "-o", "running.csv", "--force", "--json"))
    assert told["bytes"] == (live.path / "running.csv").stat().st_size
    assert len(told["tags"]) == 14
    live.processes[0].terminate()  # the park: what waits is soon taken in then
    live.processes[0].wait(5)
    stop_gateways(live)
    for name in ("stopped.csv", "stopped.parquet"):
        result = live.run("export", *asked, "-o", name)
        assert result.returncode == 0, result.stderr
        assert "\x1b" not in result.stderr
    assert (live.path / "running.csv").read_bytes() == (live.path / "stopped.csv").read_bytes()
    rows = rows_of(live.path / "stopped.parquet")
    assert rows == rows_of(live.path / "running.parquet") == rows_of(live.path / "stopped.csv")
    assert {row[1] for row in rows} >= {f"{METER}.power_active", f"{COLD_ROOM}.temperature_air"}
    with (live.path / "stopped.csv").open(newline="") as file:
        assert next(csv.reader(file)) == ["time", "tag", "value", "text", "quality"]
    assert list(live.path.glob(".*.part")) == []


@pytest.mark.parametrize(("device", "sent"), [(METER, "00 00 00 06 01 03"), (COLD_ROOM, b"park/lantian".hex(" "))])
def test_without_a_gateway_a_device_is_read_over_a_connection_of_its_own(live: Folder, device: str, sent: str) -> None:
    stop_gateways(live)
    if all(process.poll() is not None for process in live.processes):
        live.start_park()
        address = ("127.0.0.1", live.modbus_base)
        until(lambda: socket.create_connection(address, 1).close() is None, 60, "the park listens again")
    found = as_json(live.run("read", device, "--json"))
    assert found["way"] == "direct"
    assert sent in found["exchanges"][0]["request"]
    assert any(reading["value"] is not None for reading in found["exchanges"][0]["readings"])


def test_a_gateway_that_stops_in_the_middle_of_a_trace_is_said(live: Folder) -> None:
    live.start_gateway()
    until(lambda: live.get("/readyz"), 60, "the gateway is ready")
    process = subprocess.Popen(
        [COMMAND, "trace", METER], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=live.path
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    asked = time.monotonic()
    stop_gateways(live)
    assert time.monotonic() - asked < 10
    _, said = process.communicate(timeout=10)
    assert process.returncode == 69
    assert "the gateway stopped" in said
