"""`park-gateway demo`: from nothing to live values in ten seconds, and nothing left behind."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests.e2e.command.conftest import COMMAND, children_of, until


def start_demo(folder: Any) -> subprocess.Popen[str]:
    return folder.start(
        COMMAND,
        "demo",
        f"--directory={folder.path}",
        f"--port={folder.port}",
        f"--modbus-base={folder.modbus_base}",
        f"--mqtt-port={folder.mqtt_port}",
        "--no-past",  # its accounts have tests of their own: the auditor's walk
    )


def signed_in(port: int, token: str) -> dict[str, Any]:
    """The session that a link begins. Raises HTTPError."""
    body = json.dumps({"token": token}).encode()
    request = Request(f"http://127.0.0.1:{port}/api/v1/session/token", body, {"content-type": "application/json"})
    with urlopen(request, timeout=10) as answer:
        return dict(json.loads(answer.read()))


def gateway_pid(folder: Any) -> int:
    """The gateway's process; 0 between taking the lock and writing it there."""
    return int((folder.path / "data" / "gateway.lock").read_text() or 0)


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_the_page_shows_live_values_ten_seconds_after_the_start(folder: Any) -> None:
    started = time.monotonic()
    start_demo(folder)
    folder.wait_for_devices(55)
    park = folder.get("/api/v1/park")
    assert time.monotonic() - started - folder.stood_in_line_s() < 15  # ten on an idle machine; the tests share theirs
    assert park["grid_kw"] > 1000
    assert park["devices"]["known"] == 178
    with urlopen(f"http://127.0.0.1:{folder.port}/") as page:
        assert b"<html" in page.read()
    log = (folder.path / "log.txt").read_text()
    links = re.findall(rf"http://127\.0\.0\.1:{folder.port}/login#token=(\S+)", log)
    assert log.rstrip().endswith(f"page: http://127.0.0.1:{folder.port}/login#token={links[-1]}")
    assert [signed_in(folder.port, token)["role"] for token in links] == [
        "administrator", "engineer", "viewer", "enterprise", "auditor", "operator",
    ]  # fmt: skip
    with pytest.raises(HTTPError, match="401"):
        signed_in(folder.port, links[0])


def test_sigterm_ends_the_demo_and_all_its_processes_within_ten_seconds(folder: Any) -> None:
    demo = start_demo(folder)
    folder.wait_for_devices(50)
    family = children_of(demo.pid)
    assert len(family) >= 2
    asked = time.monotonic()
    demo.terminate()
    assert demo.wait(12) == 0
    assert time.monotonic() - asked < 10
    until(lambda: not any(is_alive(pid) for pid in family), 3, "no process is left")


def test_killing_the_gateway_kills_nothing_else_and_it_comes_back(folder: Any) -> None:
    demo = start_demo(folder)
    folder.wait_for_devices(50)
    first = gateway_pid(folder)
    others = {pid for pid in children_of(demo.pid) if pid != first}
    os.kill(first, signal.SIGKILL)
    until(lambda: gateway_pid(folder) not in (0, first), 60, "the gateway is started again")
    folder.wait_for_devices(50)
    assert all(is_alive(pid) for pid in others)


def test_a_demo_that_is_killed_leaves_no_process_behind(folder: Any) -> None:
    demo = start_demo(folder)
    folder.wait_for_devices(50)
    family = children_of(demo.pid)
    demo.kill()
    demo.wait(30)
    until(lambda: not any(is_alive(pid) for pid in family), 12, "no process is left")


def test_a_port_that_is_taken_is_said_and_the_demo_ends(folder: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", folder.modbus_base))
        taken.listen()
        demo = start_demo(folder)
        assert demo.wait(60) == 69
    assert "--modbus-base" in (folder.path / "log.txt").read_text()
