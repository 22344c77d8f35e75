"""The inside of the fake gateway: lines, machine, log, quarantine, configuration, backup."""

from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from tests.e2e.page.fake_park import START_MS, Json

DAY_MS = 86_400_000
PARK_YAML = """site: {id: qinghe}
connections:
  rtu-line-2: {driver: modbus, poll: 1 s}
sinks: {influx-park: {token: "***"}}
"""
FINDING = "rtu-line-2 needs 88 % of its bus time"


def _files() -> list[Json]:
    return [{"name": "park.yaml", "text": PARK_YAML}, {"name": "rules.d/own.yaml", "text": "alarms: {}\n"}]


def _log() -> list[Json]:
    told = [
        ("info", "ledger_checkpoint size=48211 root=9f3c41d0"),
        ("warning", "sink_unavailable name=influx-park reason=timeout"),
        ("info", "sink_returned name=influx-park after_s=1984"),
    ]
    return [
        {"id": i + 1, "time_ms": START_MS - 3_600_000 + i * 60_000, "level": level, "logger": "gateway", "text": text}
        for i, (level, text) in enumerate(told)
    ]


@dataclass(slots=True)
class FakeInside:
    """What a test changes."""

    loads: dict[str, Json] = field(default_factory=dict)  # by source
    log: list[Json] = field(default_factory=_log)
    letters: list[Json] = field(default_factory=list)
    retried: Json = field(default_factory=lambda: {"delivered": 3, "refused": 0, "left": 0, "error": "", "hint": ""})
    last_backup_ms: int | None = START_MS - 9 * DAY_MS
    certificate: Json | None = None
    clock: Json = field(default_factory=lambda: {"is_synchronised": True, "offset_ms": 0.8})
    disk: Json = field(default_factory=dict)
    changes: list[Json] = field(default_factory=list)
    mistakes: list[Json] = field(default_factory=list)
    orders: list[tuple[str, Json]] = field(default_factory=list)

    def configuration(self) -> Json:
        """What is in force."""
        finding = {"file": "park.yaml", "line": 3, "column": 3, "message": FINDING, "hint": "Read every 2 s."}
        return {
            "version": "a" * 64,
            "loaded_ms": START_MS - DAY_MS,
            "is_changed_on_disk": bool(self.changes),
            "files": _files(),
            "findings": [finding],
            "restart_needed": [],
        }

    def preview(self) -> Json:
        """What a reload would change."""
        effects = [{"kind": "source_restarts", "name": "rtu-line-2", "count": 4, "text": "source rtu-line-2 restarts"}]
        rules = {"added": 0, "changed": 0, "removed": 0, "kept": 0}
        return {
            "version": "b" * 64,
            "is_changed": bool(self.changes),
            "changes": self.changes,
            "effects": effects if self.changes else [],
            "rules": rules,
        }

    def machine(self) -> Json:
        """The machine."""
        disk = {"free_bytes": 33 * 2**30, "bytes": 64 * 2**30, "history_bytes_a_day": 38 * 2**20, "full_in_days": 889.0}
        backup: Json = {"running": None, "last_bytes": 5_000_000, "directory": None, "every_s": None, "keep": None}
        return {
            "version": "1.4.0",
            "profiles": 23,
            "uptime_s": 9 * 86_400.0,
            "cpu_share": 0.09,
            "cores": 4,
            "load_1min": 0.4,
            "memory_bytes": 104 * 2**20,
            "machine_memory_bytes": 2**30,
            "disk": {**disk, **self.disk},
            "clock": self.clock,
            "certificate": self.certificate,
            "backup": {**backup, "last_ms": self.last_backup_ms, "is_late": False, "error": ""},
        }


def routes(app: FastAPI, world: Any) -> None:
    """What the Gateway page asks for."""

    @app.get("/api/v1/sources")
    async def sources() -> Json:
        names = [source["name"] for source in world.park.status()["sources"]]
        plain = {"silent": 0, "values_s": 118.0, "failed_share": 0.001, "bus_load": 0.62}
        items = [{"name": name, **plain, **world.inside.loads.get(name, {})} for name in names]
        return {"items": items, "limit": 0.8}

    @app.get("/api/v1/points/gateway.waiting_samples/history")
    async def waiting() -> Json:
        now_ms = world.park.now_ms()
        times = [now_ms - i * 120_000 for i in range(180)][::-1]
        counts = [max(0, 1000 * (i - 160) if i < 172 else 12_000 - 1500 * (i - 172)) for i in range(180)]
        rows = [[at, n, n, n, n, 12] for at, n in zip(times, counts, strict=True)]
        columns = ["time_ms", "min", "mean", "max", "last", "count"]
        return {"columns": columns, "rows": rows, "truncated": False, "step_s": 120}

    @app.get("/api/v1/machine")
    async def machine() -> Json:
        return world.inside.machine()

    @app.get("/api/v1/logs")
    async def logs(since: int = 0, limit: int = 200, level: str = "info") -> Json:
        found = [one for one in world.inside.log if one["id"] > since and level in ("info", one["level"])]
        return {"items": found[-limit:], "last_id": len(world.inside.log)}

    @app.get("/api/v1/quarantine")
    async def quarantine(limit: int = 50, offset: int = 0) -> Json:
        letters = world.inside.letters
        is_more = len(letters) > offset + limit
        return {"items": letters[offset : offset + limit], "next": offset + limit if is_more else None}

    @app.post("/api/v1/quarantine/retry")
    async def retry(request: Request) -> Json:
        wanted = await request.json()
        world.inside.orders.append(("retry", wanted))
        if world.inside.retried["error"] == "":
            world.inside.letters = []
        return world.inside.retried

    @app.get("/api/v1/configuration")
    async def configuration() -> Json:
        return world.inside.configuration()

    @app.post("/api/v1/configuration/preview")
    async def preview() -> Any:
        if world.inside.mistakes:
            body = {"status": 400, "detail": "1 mistake in the configuration", "errors": world.inside.mistakes}
            return JSONResponse(body, 400, media_type="application/problem+json")
        return world.inside.preview()

    @app.post("/api/v1/backup")
    async def backup(request: Request) -> Response:
        world.inside.orders.append(("backup", await request.json()))
        world.inside.last_backup_ms = world.park.now_ms()
        name = "qinghe-20261119T063207Z.tar.zst.sealed"
        return Response(b"sealed", headers={"Content-Disposition": f'attachment; filename="{name}"'})
