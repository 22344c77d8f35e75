"""Closing months at the fake gateway: proposals, refusals and decisions as the API tells them."""

from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from tests.e2e.page.fake_carbon import SUMMARY
from tests.e2e.page.fake_park import Json

DUE: Json = {
    "entity": "qinghe",
    "period": "2026-10",
    "sources": ["huali-electricity"],
    "effect": {
        "scope1": {"before_kg": "930972.69", "after_kg": "930972.69", "difference_kg": "0"},
        "scope2": {"location": {"before_kg": "1516142.26", "after_kg": "1490000", "difference_kg": "-26142.26"}},
    },
}


@dataclass(slots=True)
class FakeClosing:
    """Where October stands beside its summary; tests look at `sent` and let the next proposal or approval fail."""

    proposal: Json | None = None
    due: Json | None = None
    refuse: list[Json] = field(default_factory=list)  # obstacles of the next order
    older: list[Json] = field(default_factory=list)  # months before October
    sent: list[tuple[str, Json]] = field(default_factory=list)  # path, body

    def propose(self, by: str, what: str = "close", **more: Any) -> None:
        """Somebody proposed it."""
        said = {"reason": "", "accept_missing": "", "exclude": {}, "entity": "qinghe", "period": "2026-10", **more}
        self.proposal = {"proposal": "p-1", "what": what, "time": "2026-11-19T01:12:00Z", "by": by, **said}

    def refusal(self) -> JSONResponse | None:
        """What the next order hears."""
        if not self.refuse:
            return None
        errors, self.refuse = self.refuse, []
        body = {"type": "/problems/conflict", "title": "Conflict", "status": 409, "detail": errors[0]["en"], "hint": ""}
        return JSONResponse(body | {"errors": errors}, 409, media_type="application/problem+json")


def obstacle(code: str, en: str, zh: str, source: str = "") -> Json:
    """As the API tells it."""
    return {"code": code, "en": en, "zh": zh, "hint": "`--exclude SOURCE=REASON`", "source": source}


def routes(app: FastAPI, world: Any) -> None:
    """Where months stand, proposals, decisions."""

    @app.get("/api/v1/carbon/periods")
    def periods() -> Json:
        summary, now = SUMMARY | world.park.carbon.get("summary", {}), world.closing
        month = {"status": summary["status"], "closed": summary["closed"], "restatements": 0}
        october = {"period": "2026-10", **month, "due": now.due, "proposal": now.proposal}
        running = {"period": "2026-11", "status": "open", "closed": None, "restatements": 0}
        return {"entity": "qinghe", "periods": [running | {"due": None, "proposal": None}, october, *now.older]}

    @app.post("/api/v1/carbon/periods/{what}")
    async def propose(what: str, request: Request) -> Any:
        body = await request.json()
        world.closing.sent.append((what, body))
        if (refused := world.closing.refusal()) is not None:
            return refused
        world.closing.propose(world.session.display, what, **body)
        return JSONResponse(world.closing.proposal, 202)

    @app.post("/api/v1/carbon/periods/proposals/{proposal}/approve")
    def approve(proposal: str) -> Any:
        world.closing.sent.append((f"{proposal}/approve", {}))
        if (refused := world.closing.refusal()) is not None:
            return refused
        world.closing.proposal = world.closing.due = None
        closed = {"status": "closed", "closed": SUMMARY["closed"] | {"time": "2026-11-19T06:33:00Z"}}
        world.park.carbon["summary"] = world.park.carbon.get("summary", {}) | closed
        return JSONResponse({"record": "r-1", "kind": "close"}, 201)

    @app.post("/api/v1/carbon/periods/proposals/{proposal}/reject")
    async def reject(proposal: str, request: Request) -> Json:
        world.closing.sent.append((f"{proposal}/reject", await request.json()))
        world.closing.proposal = None
        return {"proposal": proposal, "what": "rejection", "by": "Chen Jing", "reason": ""}
