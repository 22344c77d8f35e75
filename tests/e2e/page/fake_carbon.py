"""Answers about carbon as the demo park gave them: one summary, its months, one trace."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

if TYPE_CHECKING:
    from tests.e2e.page.fake_gateway import World

_CASES = Path(__file__).parents[2] / "cases" / "carbon"
SUMMARY = json.loads((_CASES / "park-summary.json").read_text(encoding="utf-8"))
TRACE = json.loads((_CASES / "trace-sample.json").read_text(encoding="utf-8"))
ENTRY = TRACE["entry"]
_MONTHS = [
    {
        "period": "2026-09",
        "basis": "location",
        "scope1_kg": "812400.5",
        "scope2_kg": "1401000",
        "is_lower_bound": False,
    },
    {
        "period": "2026-10",
        "basis": "location",
        "scope1_kg": "930972.7",
        "scope2_kg": "1516142",
        "is_lower_bound": False,
    },
]
_HUALI = {"en": "Huali Packaging", "zh": "华丽包装"}


def routes(app: FastAPI, world: "World") -> None:
    """Add them. `world.park.carbon` changes the summary before it is given; a test may break the trace with it."""

    @app.get("/api/v1/carbon/summary")
    def summary(request: Request) -> Response:
        world.park.asked.append(str(request.query_params))
        return JSONResponse(SUMMARY | world.park.carbon.get("summary", {}))

    @app.get("/api/v1/carbon/months")
    def months() -> Response:
        entities = [
            {"id": "qinghe", "is_park": True, "name": SUMMARY["entity"]["name"]},
            {"id": "huali", "is_park": False, "name": _HUALI},
        ]
        return JSONResponse({"months": _MONTHS, "entities": entities})

    @app.post("/api/v1/carbon/ledger/verify")
    def verify() -> Response:
        good = {
            "is_good": True, "records": 1842, "root": "9f3c41d0" * 8, "checkpoints": 31, "outside": 0,
            "signed": {"records": 1842, "time": "2026-11-19T14:00:00Z"}, "interval_rows": 1200, "evidence_files": 9,
            "audit_entries": 77, "faults": [], "notes": [], "verified_ms": world.park.now_ms(),
        }  # fmt: skip
        return JSONResponse(good | world.park.carbon.get("verdict", {}))

    @app.get("/api/v1/carbon/trace/{entry}")
    def trace(entry: str) -> Response:
        return JSONResponse(TRACE | world.park.carbon.get("trace", {}) | {"entry": entry})
