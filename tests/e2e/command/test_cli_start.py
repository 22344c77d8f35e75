"""`park-gateway run` that cannot start says why, names the place and ends with 78; what runs is not disturbed."""

import re
import signal
import socket
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.e2e.command.conftest import Folder, until

LOG_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (DEBUG|INFO|WARNING|ERROR) (gateway|drivers)[\w.]* \S")


def is_up(folder: Any) -> bool:
    return bool(folder.get("/readyz")["status"] == "ready")


def started(folder: Any) -> subprocess.Popen[str]:
    gateway: subprocess.Popen[str] = folder.start_gateway()
    until(lambda: is_up(folder), 60, "the gateway is ready")
    return gateway


def refused(folder: Any) -> str:
    """What `run` says before it ends with 78."""
    result = folder.run("run", "-c", str(folder.config))
    assert result.returncode == 78, result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return str(result.stderr)


def test_every_error_of_the_configuration_is_said_at_once_with_its_place(folder: Any) -> None:
    folder.edit("contract_demand: 6000 kW", "contract_demand: 6000 apples\n  colour: green")
    folder.edit("max_size: 256 MiB", "max_size: much")
    said = refused(folder)
    places = re.findall(rf"^{re.escape(str(folder.config))}:\d+:\d+: ", said, re.MULTILINE)
    assert len(places) == 3
    assert "apples" in said
    assert "colour" in said
    assert "error: 3 errors in the configuration" in said
    assert not (folder.path / "data").exists()


def test_a_port_that_is_taken_is_named_and_leaves_the_directory_free(folder: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", folder.port))
        taken.listen()
        said = refused(folder)
    assert f"127.0.0.1:{folder.port}" in said
    assert "api: port" in said
    assert not (folder.path / "data" / "gateway.sock").exists()
    started(folder)  # nothing holds the directory


def test_a_data_directory_that_cannot_be_written_is_named(folder: Any) -> None:
    (folder.path / "data").write_text("a file in its place")
    said = refused(folder)
    assert f"cannot write to {folder.path / 'data'}" in said
    assert "store: directory" in said


def test_another_gateway_on_the_same_directory_is_named_by_its_process(folder: Any) -> None:
    first = started(folder)
    said = refused(folder)
    assert str(folder.path / "data") in said
    assert f"process {first.pid}" in said
    assert is_up(folder)
    assert folder.run("status", "-c", str(folder.config)).returncode == 0  # its socket is still its own


@pytest.mark.parametrize("name", ["outbox.db", "state.db"])
def test_a_database_of_a_newer_version_is_left_untouched(folder: Any, name: str) -> None:
    path = folder.path / "data" / name
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE something (new)")
        db.execute("PRAGMA user_version = 999")
        db.commit()
    before = path.read_bytes()
    said = refused(folder)
    assert str(path) in said
    assert "newer park-gateway" in said
    assert path.read_bytes() == before


def second_config(folder: Any, port: int) -> Path:
    """The same park with data of its own, but the first one's socket."""
    text = folder.config.read_text(encoding="utf-8")
    text = text.replace("directory: ./data", "directory: ./other").replace(f"port: {folder.port}", f"port: {port}")
    second: Path = folder.path / "second.yaml"
    second.write_text(text.replace("api:\n", "api:\n  socket: data/gateway.sock\n"), encoding="utf-8")
    return second


def test_the_socket_of_a_gateway_that_runs_is_not_taken_away(folder: Any, tmp_path_factory: Any) -> None:
    started(folder)
    other = Folder(tmp_path_factory.mktemp("other"))
    result = folder.run("run", "-c", str(second_config(folder, other.port)))
    assert result.returncode == 78
    assert "another gateway listens on" in result.stderr
    assert folder.run("status", "-c", str(folder.config)).returncode == 0


def test_the_socket_that_a_killed_gateway_left_is_replaced(folder: Any) -> None:
    gateway = started(folder)
    gateway.send_signal(signal.SIGKILL)
    gateway.wait(5)
    left = folder.path / "data" / "gateway.sock"
    assert left.is_socket()
    result = folder.run("status", "-c", str(folder.config))
    assert result.returncode == 69
    assert "park-gateway run" in result.stderr
    started(folder)
    assert folder.run("status", "-c", str(folder.config)).returncode == 0
    assert left.stat().st_mode & 0o777 == 0o600


def test_what_is_no_socket_is_never_removed(folder: Any) -> None:
    folder.edit("api:\n", "api:\n  socket: notes.txt\n")
    notes = folder.path / "notes.txt"
    notes.write_text("mine")
    said = refused(folder)
    assert str(notes) in said
    assert notes.read_text() == "mine"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_quick_quiet_and_leaves_no_socket(folder: Any, number: signal.Signals) -> None:
    gateway = started(folder)
    asked = time.monotonic()
    gateway.send_signal(number)
    assert gateway.wait(12) == 0
    assert time.monotonic() - asked < 10
    assert not (folder.path / "data" / "gateway.sock").exists()
    log = (folder.path / "log.txt").read_text().splitlines()
    assert [line for line in log if not LOG_LINE.match(line) and not line.startswith(("page: ", "setup code: "))] == []
    assert "stopped site=qinghe" in log[-1]


def test_any_free_port_is_found_and_said(folder: Any) -> None:
    folder.edit(f"port: {folder.port}", "port: 0")
    folder.start_gateway()
    log = folder.path / "log.txt"
    until(lambda: "page: " in log.read_text(), 60, "the page is named")
    (url,) = re.findall(r"page: (http://127\.0\.0\.1:\d+/)", log.read_text())
    with urlopen(url, timeout=10) as page:
        assert b"<html" in page.read()
