"""The commands as a user types them, right and wrong, while no gateway runs."""

import json
import os
import pty
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.e2e.command.conftest import COMMAND, until

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "deploy" / "examples"
ESCAPE = "\x1b"
WATCH = """
import os, sys
def watch(event, arguments):
    if event in ("socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo"):
        raise SystemExit(f"network: {event} {arguments}")
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        raise SystemExit(f"writes: {arguments}")
    if event in ("os.mkdir", "os.rename", "os.remove", "sqlite3.connect", "subprocess.Popen"):
        raise SystemExit(f"{event} {arguments}")
sys.addaudithook(watch)
"""


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["frobnicate"], 2, "frobnicate"),
        (["read"], 2, "device"),
        (["run", "--json"], 2, "--once"),
        (["trace", "dongyue-main", "--seconds", "-1"], 2, "--seconds"),
        (["export", "dongyue-main", "-o", "x.txt"], 2, ".parquet"),
        (["export", "dongyue-main", "-o", "x.csv", "--from", "yesterday"], 2, "ISO 8601"),
        (["export", "dongyue-main", "-o", "x.csv", "--from", "2026-11-25", "--to", "2026-11-24"], 2, "before"),
        (["demo", "--port", "99999"], 2, "--port"),
        (["read", "dongyue-man"], 1, "did you mean `dongyue-main`?"),
        (["read", "dongyue-main.powr_active"], 1, "did you mean `power_active`?"),
        (["read", "park-main-1"], 1, "no device"),
        (["trace", "nothing"], 1, "no device `nothing`"),
        (["export", "dongyue-main.nope", "-o", "x.csv"], 1, "`dongyue-main.nope`"),
        (["export", "dongyue-main", "-o", "machines.csv"], 1, "--force"),
        (["export", "dongyue-main", "-o", "nowhere/x.csv"], 1, "nowhere/x.csv"),
        (["doctor", "-o", "machines.csv"], 1, "exists"),
        (["doctor", "-o", "nowhere/x.zip"], 1, "nowhere/x.zip"),
        (["status"], 69, "park-gateway run"),
        (["trace", "dongyue-main"], 69, "park-gateway run"),
        (["export", "dongyue-main", "-o", "x.csv"], 69, "there is no data"),
        (["read", "dongyue-main"], 69, "cannot connect"),
        (["check", "-c", "none.yaml"], 78, "none.yaml:1:1: "),
        (["status", "-c", "none.yaml"], 78, "--config"),
    ],
)
def test_what_is_wrong_ends_with_its_code_and_a_word_of_help(
    folder: Any, arguments: list[str], code: int, word: str
) -> None:
    before = {path: path.stat().st_size for path in folder.path.rglob("*")}
    result = folder.run(*arguments)
    assert result.returncode == code, result.stderr
    assert word in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert ESCAPE not in result.stderr
    assert {path: path.stat().st_size for path in folder.path.rglob("*")} == before  # nothing half-made is left


def test_check_says_what_there_is_without_network_and_without_writing(folder: Any, tmp_path_factory: Any) -> None:
    watch = tmp_path_factory.mktemp("watch")
    (watch / "sitecustomize.py").write_text(WATCH)
    environment = {"PYTHONPATH": str(watch), "PYTHONDONTWRITEBYTECODE": "1"}
    result = folder.run("check", "--json", **environment)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert (found["ok"], found["devices"], found["connected"], found["warnings"]) == (True, 178, 62, [])
    refused = folder.run("doctor", **environment)
    assert "writes:" in refused.stderr  # the watch does watch
    assert sorted(path.name for path in folder.path.iterdir()) == ["machines.csv", "park.yaml", "rules.d"]


def test_check_as_json_has_the_place_of_every_error(folder: Any) -> None:
    folder.edit("contract_demand: 6000 kW", "contract_demand: 6000 apples\n  colour: green")
    result = folder.run("check", "--json")
    assert result.returncode == 78
    found = json.loads(result.stdout)
    assert not found["ok"]
    lines = folder.config.read_text().splitlines()
    assert ["apples" in lines[error["line"] - 1] or "colour" in lines[error["line"] - 1] for error in found["errors"]]
    assert len(found["errors"]) == 2
    assert all(error["file"] == "park.yaml" and error["column"] > 1 and error["hint"] for error in found["errors"])


def test_the_schema_takes_the_example_whose_first_line_names_it(folder: Any) -> None:
    document = json.loads(folder.run("schema").stdout)
    text = (EXAMPLES / "park.yaml").read_text(encoding="utf-8")
    name = re.match(r"# yaml-language-server: \$schema=(\S+)\n", text)
    assert name is not None
    assert json.loads((EXAMPLES / name[1]).read_text(encoding="utf-8")).keys() == document.keys()
    written = json.dumps(yaml.safe_load(text), default=str)  # a day is text to editors: YAML 1.2 has no type for it
    jsonschema.validate(json.loads(written), document)


def test_a_terminal_gets_colours_and_no_color_takes_them_away(folder: Any) -> None:
    assert f"{ESCAPE}[1;31m" in on_a_terminal(folder, ["status"], {})
    assert not re.search(rf"{ESCAPE}\[[0-9;]*3[0-9]", on_a_terminal(folder, ["status"], {"NO_COLOR": "1"}))


def on_a_terminal(folder: Any, arguments: list[str], environment: dict[str, str]) -> str:
    """What a command shows on a terminal."""
    controller, terminal = pty.openpty()
    known = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    process = subprocess.Popen(
        [COMMAND, *arguments],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        cwd=folder.path,
        env={**known, "TERM": "xterm", **environment},
    )
    os.close(terminal)
    shown = b""
    with suppress(OSError):  # the terminal is gone when the command has ended
        while block := os.read(controller, 4096):
            shown += block
    os.close(controller)
    process.wait(10)
    return shown.decode()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_can_be_shown_for_a_shell(folder: Any, shell: str) -> None:
    result = folder.run("--show-completion", shell, _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1")
    assert result.returncode == 0, result.stderr
    assert "_PARK_GATEWAY_COMPLETE" in result.stdout


def test_completion_knows_the_commands(folder: Any) -> None:
    asked = {"_PARK_GATEWAY_COMPLETE": "complete_bash", "COMP_WORDS": "park-gateway ", "COMP_CWORD": "1"}
    words = set(folder.run(**asked).stdout.split())
    assert words >= {"run", "check", "demo", "status", "read", "trace", "export", "schema", "doctor"}


def test_a_reader_that_goes_away_hears_nothing_more(folder: Any) -> None:
    process = subprocess.Popen([COMMAND, "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder.path)
    assert process.stdout is not None
    process.stdout.read(100)
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    process.wait(10)


@pytest.fixture
def mute(folder: Any) -> Iterator[socket.socket]:
    """A device that takes connections and never answers; the folder's park is just it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        folder.write_own(
            "site: {id: p}\nenterprises: [{id: e}]\n"
            f"connections: {{line: {{driver: modbus, host: 127.0.0.1, port: {port}, timeout: 20 s}}}}\n"
            "devices:\n  - {id: mute, enterprise: e, kind: meter, connection: line, groups: {all: 60 s},\n"
            "     points: {power: {address: 0, group: all}}}\n"
        )
        yield listener


@pytest.mark.parametrize("arguments", [["run", "--once"], ["read", "mute"]])
def test_ctrl_c_ends_quietly_with_130(folder: Any, mute: socket.socket, arguments: list[str]) -> None:
    process = folder.start(COMMAND, *arguments)
    mute.settimeout(60)
    line, _ = mute.accept()
    with closing(line):
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
    assert (folder.path / "log.txt").read_text() == ""


def crc16(data: bytes) -> bytes:
    """Modbus over Serial Line V1.02, 6.2.2."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return struct.pack("<H", crc)


def answer_rtu(line: int, registers: bytes) -> None:
    """A device on a serial line: the same registers for every read, until the line is closed."""
    with suppress(OSError):
        while request := os.read(line, 256):
            count = request[5] * 2
            reply = bytes([request[0], request[1], count]) + registers[:count]
            os.write(line, reply + crc16(reply))


@pytest.fixture
def serial_park(folder: Any) -> Iterator[None]:
    """The folder's park is one meter on a serial line, a pair of pseudo-terminals."""
    device_side, gateway_side = pty.openpty()
    folder.write_own(
        "site: {id: p}\nenterprises: [{id: e}]\n"
        f"connections: {{line: {{driver: modbus, transport: rtu, device: {os.ttyname(gateway_side)}}}}}\n"
        "devices:\n  - {id: meter, enterprise: e, kind: meter, connection: line, unit: 7, groups: {all: 60 s},\n"
        "     points: {power: {address: 4, type: int16, scale: 0.1, unit: kW, group: all}}}\n"
    )
    device = threading.Thread(target=answer_rtu, args=(device_side, b"\x04\xd2"), daemon=True)
    device.start()
    yield
    os.close(gateway_side)
    os.close(device_side)
    device.join(5)


@pytest.mark.usefixtures("serial_park")
def test_a_device_on_a_serial_line_is_read_with_its_frames(folder: Any) -> None:
    result = folder.run("read", "meter.power")
    assert result.returncode == 0, result.stderr
    assert "over a connection of its own" in result.stderr
    request = b"\x07\x03\x00\x04\x00\x01"
    assert f"sent      {(request + crc16(request)).hex(' ')}" in result.stdout
    answer = b"\x07\x03\x02\x04\xd2"
    assert f"received  {(answer + crc16(answer)).hex(' ')}" in result.stdout
    assert re.search(r"took      \d+(\.\d+)? ms", result.stdout)
    assert re.search(r"^power +0x04D2 +123\.4 +kW +good *$", result.stdout, re.MULTILINE)


@pytest.mark.usefixtures("serial_park")
def test_everything_is_read_once_as_json_and_nothing_is_stored(folder: Any) -> None:
    result = folder.run("run", "--once", "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["silent"] == []
    (exchange,) = found["exchanges"]
    assert (exchange["device"], exchange["readings"][0]["value"]) == ("meter", 123.4)
    assert not (folder.path / "data").exists()


def test_heavy_packages_are_imported_only_where_they_are_used(folder: Any) -> None:
    heavy = ("aiohttp", "duckdb", "fastapi", "influxdb_client", "paho", "pymodbus", "uvicorn", "uvloop")
    program = (
        "import sys\nfrom gateway.cli.main import app\n"
        "try:\n    app(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {heavy!r} if name in sys.modules], file=sys.stderr)"
    )
    for arguments in (["--help"], ["check"], ["schema"], ["status"]):
        result = subprocess.run(
            [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=60, cwd=folder.path
        )
        assert result.stderr.splitlines()[-1] == "[]", arguments


def test_the_demo_leaves_a_park_yaml_alone_that_is_not_its_own(folder: Any) -> None:
    folder.config.write_text("site: {id: mine}\n")
    result = folder.run("demo", "--directory", ".")
    assert result.returncode == 1
    assert "--directory" in result.stderr
    assert folder.config.read_text() == "site: {id: mine}\n"


def test_the_demo_says_which_option_the_park_does_not_take(folder: Any) -> None:
    result = folder.run("demo", "--directory", ".", "--start", "noon", *ports_of(folder))
    assert result.returncode == 2
    assert "noon" in result.stderr


def test_the_demo_says_why_its_gateway_ended(folder: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", folder.port))
        taken.listen()
        result = folder.run("demo", "--no-past", "--directory", ".", *ports_of(folder))
    assert result.returncode == 78
    assert f"cannot listen on 127.0.0.1:{folder.port}" in result.stderr
    assert "--port" in result.stderr
    assert "page: " not in result.stderr


def ports_of(folder: Any) -> list[str]:
    return [f"--port={folder.port}", f"--modbus-base={folder.modbus_base}", f"--mqtt-port={folder.mqtt_port}"]


def test_the_demo_tells_a_stranger_what_runs_with_the_page_last(folder: Any) -> None:
    demo = folder.start(COMMAND, "demo", "--no-past", "--directory", ".", *ports_of(folder))
    shown = folder.path / "log.txt"
    page = f"page: http://127.0.0.1:{folder.port}/login#token="
    until(lambda: page in shown.read_text(), 60, "the page is named")
    lines = shown.read_text().strip().splitlines()
    assert lines[-1].strip().startswith(page)
    assert len(lines) < 30
    assert "Ctrl-C" in shown.read_text()
    assert "gateway.log" in shown.read_text()
    log = folder.path / "gateway.log"
    until(lambda: "running site=qinghe" in log.read_text(), 60, "the gateway's log says that it runs")
    asked = time.monotonic()
    demo.send_signal(signal.SIGHUP)  # the terminal was closed
    assert demo.wait(12) == 0
    assert time.monotonic() - asked < 10
