"""The audit log of the fake park: 130 entries in memory, which filter, page and verify as the gateway's do."""

import fnmatch
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request

from tests.e2e.page.fake_park import START_MS, Json
from tests.e2e.page.fake_session import problem

EVIL = "<img src=x onerror=\"document.body.dataset.hit='yes'\">"
UNCHECKED: Json = {
    "state": "unchecked",
    "checked_ms": None,
    "entries": 0,
    "last": 0,
    "hash": "00" * 32,
    "archived": 0,
    "archived_hash": "00" * 32,
    "anchors": 0,
    "anchored": 0,
    "faults": [],
    "gaps": [],
    "fill": 0.02,
}


def _entry(number: int, who: str, role: str, action: str, target: str, result: str = "done", **more: Any) -> Json:
    return {
        "id": number,
        "time_ms": START_MS - (131 - number) * 60_000,
        "monotonic_ns": str(number * 10**9),
        "who": who,
        "role": role,
        "via": "session",
        "origin": "10.20.1.7",
        "action": action,
        "target": target,
        "result": result,
        "reason": "",
        "request_id": f"{number:016x}",
        "has_values": False,
        "hash": f"{number:064x}",
        **more,
    }


def _entries() -> list[Json]:
    quiet = [_entry(n, "chen", "administrator", "sign in", "chen") for n in range(1, 124)]
    return [
        *quiet,
        _entry(124, "gateway", "gateway", "clock step", "clock", via="gateway", origin=""),
        _entry(125, "lin", "operator", "alarm shelve", "demand:qinghe", has_values=True),
        _entry(
            126, "lin", "operator", "period close", "huali 2026-10", "refused", reason="13 records wait for approval"
        ),
        _entry(127, "local administrator", "administrator", "backup", "qinghe", via="socket", origin="socket"),
        _entry(128, "auditor", "auditor", "auditor read", "/api/v1/carbon/trace/ab12", has_values=True),
        _entry(129, EVIL, "viewer", "polish the meter", "oven-3", "failed", reason="KeyError"),
        _entry(130, "chen", "administrator", "user change", "lin", has_values=True),
    ]


def finding(code: str, first: int, last: int) -> Json:
    """What checking found."""
    time_ns = str((START_MS - 300_000) * 1_000_000)
    return {
        "code": code,
        "text": "as the gateway says it",
        "first": first,
        "last": last,
        "record": 0,
        "time_ns": time_ns,
    }


VALUES: dict[int, tuple[Any, Any]] = {
    125: (
        {"state": "unacknowledged", "until_ms": None, "comment": "", "priority": 1},
        {"state": "shelved", "until_ms": START_MS + 3_600_000, "comment": "works on the line", "priority": 1},
    ),
    128: (None, {"query": {"period": "2026-10"}}),
    130: ({"role": "viewer", "disabled": True}, {"role": "operator", "display": EVIL}),
}


@dataclass(slots=True)
class FakeAudit:
    """What `GET audit` tells; tests change it before the page is opened."""

    entries: list[Json] = field(default_factory=_entries)
    chain: Json = field(default_factory=lambda: dict(UNCHECKED))
    found: Json = field(default_factory=dict)  # what the next check says beside that it is good
    archives: list[Json] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)

    def page(self, query: dict[str, str]) -> Json:
        """One page, the newest first."""
        self.asked.append(query)
        limit, before = int(query["limit"]), int(query.get("before", "1000"))
        found = [one for one in reversed(self.entries) if one["id"] < before and self._fits(one, query)][:limit]
        following = found[-1]["id"] if len(found) == limit else None
        return {"items": found, "next_before": following, "chain": self.chain, "archives": self.archives}

    @staticmethod
    def _fits(one: Json, query: dict[str, str]) -> bool:
        return (
            query.get("who", one["who"]) == one["who"]
            and query.get("target", one["target"]) == one["target"]
            and query.get("result", one["result"]) == one["result"]
            and fnmatch.fnmatch(one["action"], query.get("action", "*"))
        )

    def verify(self) -> Json:
        """The chain is worked out anew."""
        told = {"state": "good", "checked_ms": START_MS, "entries": 130, "last": 130, "anchored": 126}
        self.chain = {**self.chain, **told, **self.found}
        return self.chain


def routes(app: FastAPI, world: Any) -> None:
    """The routes of the audit log."""

    @app.get("/api/v1/audit")
    async def page(request: Request) -> Json:
        found: Json = world.audit.page(dict(request.query_params))
        return found

    @app.post("/api/v1/audit/verify")
    async def verify() -> Json:
        found: Json = world.audit.verify()
        return found

    @app.get("/api/v1/audit/{number}")
    async def one(number: int) -> Any:
        entry = next((one for one in world.audit.entries if one["id"] == number), None)
        if entry is None:
            return problem(404, f"no entry {number} in the audit log")
        before, after = VALUES.get(number, (None, None))
        steps = [{**entry, "id": number - 1, "result": "asked"}] if entry["has_values"] else []
        proof = {"chained": number != 127, "anchor": 17 if number < 127 else None, "signed": number < 126}
        return {**entry, "before": before, "after": after, "steps": steps, "proof": proof}
