"""`park-gateway reload` and SIGHUP, with the installed command and a running gateway."""

import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.cli.peer import is_running
from tests.e2e.command.conftest import COMMAND, until
from tests.servers import free_port

PARK = """\
site: {id: qinghe}
enterprises: [{id: acme}]
connections: {line: {driver: modbus, host: 127.0.0.1, port: 1}}
devices:
  - id: tx1
    enterprise: acme
    kind: meter
    connection: line
    unit: 1
    groups: {fast: 1 s}
    points: {power: {unit: kW, table: input, address: 0, type: float32}}
store: {directory: data}
"""
CONFIG, FAILED, UNAVAILABLE = 78, 1, 69
Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "park.yaml"
    path.write_text(f"{PARK}api: {{port: {free_port()}, socket: {tmp_path / 'gw.sock'}}}\n", encoding="utf-8")
    return path


@pytest.fixture
def command(config: Path) -> Command:
    def ask(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [COMMAND, *arguments, "-c", str(config)], capture_output=True, text=True, timeout=60, cwd=config.parent
        )

    return ask


@pytest.fixture
def process(config: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with (config.parent / "log.txt").open("ab") as log:
        found = subprocess.Popen([COMMAND, "run", "-c", str(config)], stdout=log, stderr=log, cwd=config.parent)
    try:
        until(lambda: is_running(config.parent / "gw.sock"), 60, "the gateway runs")
        yield found
    finally:
        found.kill()
        found.wait(10)


def edit(config: Path, old: str, new: str) -> None:
    text = config.read_text(encoding="utf-8")
    assert old in text
    config.write_text(text.replace(old, new), encoding="utf-8")


def test_without_a_running_gateway_it_says_so(command: Command) -> None:
    done = command("reload")
    assert done.returncode == UNAVAILABLE
    assert "park-gateway run" in done.stderr


def test_the_difference_is_shown_and_taken_in(
    command: Command, config: Path, process: "subprocess.Popen[bytes]"
) -> None:
    edit(config, "unit: 1", "unit: 2")
    looked = command("reload", "--preview")
    assert looked.returncode == 0, looked.stderr
    assert "~ devices tx1" in looked.stdout
    assert "address.unit: 1 -> 2" in looked.stdout
    assert "=> source line restarts (1 devices)" in looked.stdout
    done = command("reload")
    assert done.returncode == 0, done.stderr
    assert "=> source line restarts" in done.stdout
    assert "no difference" in command("reload", "--preview").stdout
    hung_up(config, process)
    edit(config, "unit: 2", "unit: 900")
    wrong = command("reload")
    assert wrong.returncode == CONFIG
    assert "park.yaml:9:11: " in wrong.stderr
    edit(config, "unit: 900", "unit: 2")
    edit(config, "id: qinghe", "id: other")
    refused = command("reload", "--json")
    assert refused.returncode == FAILED
    assert json.loads(refused.stdout)["effects"][0]["kind"] == "refused"
    assert process.poll() is None


def hung_up(config: Path, process: "subprocess.Popen[bytes]") -> None:
    """SIGHUP: a mistake is told in the log with its place and changes nothing, what is right is taken in."""
    log = config.parent / "log.txt"
    edit(config, "type: float32", "type: flota32")
    process.send_signal(signal.SIGHUP)
    until(lambda: "configuration_not_reloaded" in log.read_text(), 60, "the log tells of the mistake")
    assert "park.yaml:11:" in log.read_text()
    edit(config, "type: flota32", "type: uint32")
    process.send_signal(signal.SIGHUP)
    until(lambda: "reload_effect source line restarts" in log.read_text(), 60, "the log tells what happened")
    assert "Traceback" not in log.read_text()
