"""Commissioning at the fake gateway: one profile, one deaf machine, a device that answers as a test wants."""

from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from tests.e2e.page.fake_park import START_MS, Json, name

DEVICE = "oven-3"
PROFILE: Json = {
    "profile": "eastron-sdm630",
    "name": name("Eastron SDM630", "东方 SDM630"),
    "driver": "modbus",
    "kind": "meter",
    "origin": "shipped",
    "notes": "Three-phase meter with float registers.",
    "groups": {"fast": 1.0},
    "points": [
        {"point": "power_active", "name": name("Active power", "有功功率"), "unit": "kW", "kind": "gauge",
         "address": {"table": "input", "address": 52, "type": "float32"}, "size": 2, "low": None, "high": None},
        {"point": "state", "name": name("State", "状态"), "unit": "", "kind": "state",
         "address": {"address": 9}, "size": 1, "low": None, "high": None},
    ],
}  # fmt: skip
_DIFF = [
    "@@ -8,3 +8,4 @@",
    "   # Dongyue",
    "-  - {id: oven-3, enterprise: dongyue, connection: none}",
    "+  - {id: oven-3, enterprise: dongyue, connection: line-2, unit: 12}",
]


def _frame(time_ms: int, data: str, note: str, *, sent: bool) -> Json:
    return {"time_ms": time_ms, "sent": sent, "hex": data, "text": "", "note": note}


def _advice(order: str) -> Json:
    said = {"en": f"With order {order} all of them do.", "zh": f"按 {order} 则合理。"}
    return {"code": "order", **said, "points": [], "suggestion": order}


def answered(value: float = 12.3456, order: str = "") -> Json:
    """What a test of the device gives."""
    return {
        "ok": True,
        "address": "10.0.0.5:502, unit 12",
        "error": "",
        "hint": "",
        "elapsed_ms": 45.2,
        "frames": [
            _frame(START_MS, "00 01 00 00", "read input 52 to 53 of unit 12", sent=True),
            _frame(START_MS + 45, "41 45 87 94", "4 bytes of data", sent=False),
        ],
        "points": [
            {"point": "power_active", "name": name("Active power", "有功功率"), "unit": "kW", "raw": "0x4145 0x8794",
             "raw_value": 12345.6, "value": value, "level": "good", "reason": "", "low": None, "high": None},
            {"point": "state", "name": name("State", "状态"), "unit": "", "raw": "", "raw_value": None, "value": None,
             "level": "bad", "reason": "no_register", "low": None, "high": None},
        ],
        "advice": [_advice(order)] if order else [],
    }  # fmt: skip


@dataclass(slots=True)
class FakeSetup:
    """What was asked; tests let it refuse with `refuse` (status and body, once), or answer with `result`."""

    asked: list[tuple[str, Json]] = field(default_factory=list)  # what, body
    result: Json = field(default_factory=answered)
    refuse: tuple[int, Json] | None = None

    def refusal(self) -> JSONResponse | None:
        """The refusal of the next order, once."""
        if self.refuse is None:
            return None
        (status, body), self.refuse = self.refuse, None
        return JSONResponse({"title": "Refused", "status": status, "hint": "", **body}, status)


def routes(app: FastAPI, world: Any) -> None:
    """What the page asks and orders when a device is set up."""

    @app.get("/api/v1/profiles")
    async def profiles(request: Request) -> Json:
        search = request.query_params.get("search", "").lower()
        items = [PROFILE] if search in "eastron-sdm630 power" else []
        return {"items": items, "total": len(items)}

    @app.get("/api/v1/commissioning/devices/{device}")
    async def entry(device: str) -> Json:
        keys = {"id": device, "name": name("Oven 3", "3 号烘箱"), "enterprise": "dongyue", "kind": "machine"}
        return {"device": {**keys, "connection": "none"}, "file": "park.yaml", "line": 9}

    @app.post("/api/v1/commissioning/{what}")
    async def order(what: str, request: Request) -> Any:
        body = await request.json()
        world.setup.asked.append((what, body))
        if (refusal := world.setup.refusal()) is not None:
            return refusal
        if what == "test":
            return world.setup.result
        copies = [] if body["preview"] else ["park.yaml.20261119T063207Z.bak"]
        files = [{"file": "park.yaml", "lines": _DIFF}]
        found = [
            {
                "file": "park.yaml",
                "line": 9,
                "column": 1,
                "message": "it is polled fast",
                "hint": "",
            }
        ]
        return {
            "version": "v1",
            "is_new": False,
            "files": files,
            "findings": found,
            "saved": bool(copies),
            "copies": copies,
        }

    @app.post("/api/v1/configuration/reload")
    async def reload(request: Request) -> Json:
        world.setup.asked.append(("reload", await request.json()))
        return {"changes": []}
