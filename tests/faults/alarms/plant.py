"""The installed command with meters whose values a test sets, and a receiver of alarms that answers as told."""

import json
import signal
import socketserver
import sqlite3
import struct
import subprocess
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from gateway.cli.peer import ask
from gateway.core.errors import GatewayError
from tests.e2e.command.conftest import COMMAND
from tests.servers import free_port

PARK = """
site: {{id: qinghe, timezone: Asia/Shanghai}}
enterprises: [{{id: acme, name: Acme}}]
connections: {{line: {{driver: modbus, host: 127.0.0.1, port: {modbus}, timeout: 1 s}}}}
profiles:
  meter:
    driver: modbus
    kind: meter
    groups: {{fast: 200 ms}}
    points: {{power: {{unit: kW, table: input, address: 0, type: float32, group: fast}}}}
devices:
  - {{id: tx1, enterprise: acme, profile: meter, connection: line, unit: 1}}
  - {{id: tx2, enterprise: acme, profile: meter, connection: line, unit: 2}}
  - {{id: tx3, enterprise: acme, profile: meter, connection: line, unit: 3}}
store: {{directory: data}}
sinks: {{history: {{driver: history}}}}
api: {{port: {api}, socket: {socket}}}
notify:
  channels: {{hook: {{driver: webhook, url: "http://127.0.0.1:{hook}/alarms", allow_loopback: true}}}}
  routes: {{all: {{channels: [hook], group_by: [rule, device], group_wait: 0 s, group_interval: 1 s}}}}
"""


def until(met: Callable[[], Any], within_s: float, what: str) -> Any:
    """What `met` gives once it is true; asked twenty times a second."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        with suppress(OSError, GatewayError):
            if found := met():
                return found
        time.sleep(0.05)
    raise AssertionError(f"not within {within_s} s: {what}")


class Meters:
    """Modbus TCP: unit n answers a read of two input registers with its power as a float."""

    def __init__(self) -> None:
        self.power: dict[int, float] = defaultdict(lambda: 100.0)
        self.is_frozen = threading.Event()
        meters = self

        class Talk(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                with suppress(OSError):
                    while head := self.request.recv(12, 0x100):  # MSG_WAITALL
                        meters.answer(self.request, head)

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, request: Any, head: bytes) -> None:
        if len(head) < 12 or self.is_frozen.is_set():
            return
        tid, unit, function = *struct.unpack(">H", head[:2]), head[6], head[7]
        body = struct.pack(">f", self.power[unit])
        request.sendall(struct.pack(">HHHBBB", tid, 0, 3 + len(body), unit, function, len(body)) + body)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass(frozen=True)
class Posted:
    """One request that arrived, and what it was answered."""

    key: str
    body: bytes
    status: int  # 0: the connection was closed without an answer

    @property
    def raises(self) -> list[tuple[str, int]]:
        """Alarm and occurrence of each raise in it."""
        events = json.loads(self.body)["events"]
        return [(event["alarm"], event["occurrence"]) for event in events if event["transition"] == "raised"]


class Receiver:
    """Answers with the next status of `script`, then 200."""

    def __init__(self) -> None:
        self.script: list[int] = []
        self.posted: list[Posted] = []
        self._lock = threading.Lock()
        receiver = self

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.take(self.headers["Idempotency-Key"], body)
                if status == 0:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def take(self, key: str, body: bytes) -> int:
        with self._lock:
            status = self.script.pop(0) if self.script else 200
            self.posted.append(Posted(key, body, status))
        return status

    @property
    def taken(self) -> list[Posted]:
        """Those that were answered with 200."""
        return [post for post in self.posted if post.status == 200]

    def raises(self) -> list[tuple[str, int]]:
        return [one for post in self.taken for one in post.raises]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass
class Plant:
    """Meters, gateway, receiver."""

    path: Path
    meters: Meters = field(default_factory=Meters)
    receiver: Receiver = field(default_factory=Receiver)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def config(self) -> Path:
        return self.path / "park.yaml"

    @property
    def rules(self) -> Path:
        return self.path / "rules.d" / "park.yaml"

    def write(self, rules: str) -> None:
        text = PARK.format(
            modbus=self.meters.port, api=self.port, hook=self.receiver.port, socket=self.path / "gw.sock"
        )
        self.config.write_text(text, encoding="utf-8")
        self.rules.parent.mkdir(exist_ok=True)
        self.rules.write_text(rules, encoding="utf-8")

    def start(self, *, waits: bool = True) -> None:
        with (self.path / "log.txt").open("ab") as log:
            command = (COMMAND, "run", "-c", str(self.config))
            self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.path)
        if waits:
            until(lambda: self.get("/api/v1/status")["devices"]["answering"] == 3, 60, "the meters answer")

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def terminate(self) -> float:
        """SIGTERM; how long it took."""
        assert self.process is not None
        asked = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0, (self.path / "log.txt").read_text()
        return time.monotonic() - asked

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        self.meters.close()
        self.receiver.close()

    # -- asking -------------------------------------------------------------------------------------------------------

    def get(self, path: str, method: str = "GET", body: Any = None) -> Any:
        return ask(self.path / "gw.sock", method, path, body, timeout_s=20)

    def post(self, path: str, **body: Any) -> Any:
        return self.get(path, "POST", body)

    def alarm(self, alarm: str) -> Any:
        return self.get(f"/api/v1/alarms/{alarm}")

    def wait_for(self, alarm: str, state: str, within_s: float = 30) -> Any:
        def met() -> Any:
            found = self.alarm(alarm)
            return found if found["state"] == state else None

        return until(met, within_s, f"{alarm} is {state}")

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, *arguments], capture_output=True, text=True, timeout=60, cwd=self.path, env=None
        )

    def journal(self) -> list[tuple[str, str, int, int]]:
        """Alarm, transition, occurrence and time (ms) of every event; from the file where the gateway is down."""
        if self.process is not None and self.process.poll() is None:
            found = self.get("/api/v1/alarms/journal?limit=1000")["items"]
            return [(e["alarm"], e["transition"], e["occurrence"], e["time_ms"]) for e in reversed(found)]
        query = "SELECT alarm, transition, occurrence, time_ns / 1000000 FROM alarm_event ORDER BY seq"
        return self._stored(query)

    def raises(self) -> list[tuple[str, int]]:
        """Alarm and occurrence of every raise in the journal."""
        return [(alarm, occurrence) for alarm, what, occurrence, _ in self.journal() if what == "raised"]

    def stored_alarms(self) -> set[str]:
        """Alarms that have a state on the disk of a gateway that is down."""
        return {row[0] for row in self._stored("SELECT alarm FROM alarm_state")}

    def _stored(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(self.path / "data" / "state.db")) as db:
            return db.execute(query).fetchall()
