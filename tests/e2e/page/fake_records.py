"""Records of the fake park: a list in memory that takes, refuses and decides as the gateway does."""

import json
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from gateway.accounts.records.forms import Form
from gateway.accounts.records.templates import columns, example, needed
from tests.e2e.page.fake_park import START_MS, Json, name

_FILE = {"sha256": "ab" * 32, "name": "IMG_2041.jpg", "media_type": "image/jpeg", "size": 812_000}


def _record(record_id: str, kind: str, state: str, by: str, fields: Json, **more: Any) -> Json:
    return {
        "id": record_id,
        "seq": 1,
        "kind": kind,
        "state": state,
        "enterprise": "huali",
        "period": "2026-11",
        "fields": fields,
        "evidence": [_FILE],
        "by": by,
        "principal": {"name": "local operator", "role": "operator", "origin": "loopback"},
        "submitted_ms": START_MS - 3_600_000,
        "warnings": [],
        "late": [],
        "supersedes": None,
        "superseded_by": None,
        "decision": None,
        **more,
    }


_READING = {"meter": "huali-water.volume", "time": "2026-11-18T08:00:00+08:00", "value": "10412.7", "unit": "m3"}
_DELIVERY = {
    "source": "boiler-diesel", "quantity": "1200", "unit": "kg", "from": "2026-10-01", "to": "2026-10-31",
    "document": "DN-2026-1043", "supplier": "Fuel Ltd",
}  # fmt: skip
PLAUSIBLE: Json = {
    "meter": "huali-water.volume",
    "time": "2026-11-19T14:00:00+08:00",
    "value": "10600",
    "mark": "",
    "before": {"time": "2026-11-18T08:00:00+08:00", "value": "10412.7"},
    "quantity": "187.3",
    "unit": "m3",
    "per_day": "149.84",
    "usual_per_day": "38.5",
    "notes": [{"code": "unusual", "en": "far from what is usual", "zh": "与平时用量相差很大"}],
}


@dataclass(slots=True)
class FakeRecords:
    """What was recorded; tests look at `sent` and let the next orders fail with `refuse`."""

    items: list[Json] = field(default_factory=list)
    sent: list[tuple[str, Json, list[str]]] = field(default_factory=list)  # path, document, names of files
    keys: list[str] = field(default_factory=list)  # of idempotency
    refuse: tuple[int, Json] | None = None

    def __post_init__(self) -> None:
        self.items = [
            _record("019b0000-aaaa", "reading", "waiting", "Li Wei", _READING),
            _record("019b0000-bbbb", "delivery", "approved", "Li Wei", _DELIVERY, decision=_approval("Chen Fang")),
        ]

    def sent_to(self, path: str) -> list[tuple[str, Json, list[str]]]:
        """What was sent there; what a reading would give is asked at any time besides."""
        return [one for one in self.sent if one[0] == path]

    def taken(self, document: Json) -> Json:
        """A new record, first in the list."""
        fields = {key: value for key, value in document.items() if key not in ("kind", "by", "force")}
        found = _record(f"019b0000-{len(self.items):04d}", document["kind"], "waiting", document["by"], fields)
        self.items.insert(0, found)
        return found


def _approval(by: str) -> Json:
    return {"id": "d1", "what": "approval", "by": by, "principal": {}, "time_ms": START_MS, "note": "", "late": []}


def _problem(status: int, body: Json) -> JSONResponse:
    whole = {"title": "Refused", "status": status, "hint": "", **body}
    return JSONResponse(whole, status, media_type="application/problem+json")


async def _sent(request: Request, part: str, records: FakeRecords) -> Json:
    """The document of an order, noted with the names of its files."""
    records.keys.append(request.headers.get("idempotency-key", ""))
    async with request.form() as form:
        document: Json = json.loads(str(form[part]))
        files = [str(getattr(one, "filename", "")) for _, one in form.multi_items() if not isinstance(one, str)]
    records.sent.append((request.url.path.rpartition("/")[2], document, files))
    return document


def _refusal(records: FakeRecords) -> JSONResponse | None:
    if records.refuse is None:
        return None
    (status, body), records.refuse = records.refuse, None
    return _problem(status, body)


def _reading_routes(app: FastAPI, world: Any) -> None:
    @app.get("/api/v1/carbon/records")
    async def listed(request: Request) -> Json:
        query = request.query_params
        wanted = [(key, query[key]) for key in ("kind", "state", "enterprise") if query.get(key)]
        items = [item for item in world.records.items if all(item[key] == value for key, value in wanted)]
        return {
            "items": items,
            "waiting": sum(i["state"] == "waiting" for i in world.records.items),
            "next_before": None,
        }

    @app.get("/api/v1/carbon/records/{record_id}")
    async def one(record_id: str) -> Any:
        found = [item for item in world.records.items if item["id"] == record_id]
        if not found:
            return _problem(404, {"detail": f"there is no record `{record_id}`"})
        shown = {"rows": [PLAUSIBLE], "count": 1, "remarkable": 1} if found[0]["kind"] == "reading" else None
        return {**found[0], "plausibility": shown}

    @app.get("/api/v1/carbon/templates")
    async def templates() -> Json:
        items = [{"kind": f.value, "fields": columns(f), "needed": needed(f), "example": example(f)} for f in Form]
        return {"items": items}

    @app.get("/api/v1/carbon/templates/{kind}")
    async def template(kind: str) -> Response:
        return Response(f"{kind}\r\n", media_type="text/csv")

    @app.get("/api/v1/carbon/sources")
    async def sources() -> Json:
        items = [
            {"id": "boiler-diesel", "name": name("Boiler diesel", "锅炉柴油"), "enterprise": "huali", "meters": []},
            {"id": "grid", "name": name("Grid", "电网"), "enterprise": "huali", "meters": ["huali-1.energy"]},
        ]
        return {"items": items, "total": 2}


def _writing_routes(app: FastAPI, world: Any) -> None:
    @app.post("/api/v1/carbon/rehearsals")
    async def rehearse(request: Request) -> Json:
        world.records.sent.append(("rehearsals", await request.json(), []))
        return {"warnings": [], "late": [], "plausibility": {"rows": [PLAUSIBLE], "count": 1, "remarkable": 1}}

    @app.post("/api/v1/carbon/records")
    async def add(request: Request) -> Any:
        document = await _sent(request, "record", world.records)
        if (refusal := _refusal(world.records)) is not None:
            return refusal
        return JSONResponse({**world.records.taken(document), "is_new": True, "plausibility": None}, 201)

    @app.post("/api/v1/carbon/imports")
    async def table(request: Request) -> Any:
        await _sent(request, "import", world.records)
        if (refusal := _refusal(world.records)) is not None:
            return refusal
        return JSONResponse({"rows": 3, "taken": 3, "records": [], "notes": [], "errors": [], "more_errors": 0}, 201)

    @app.post("/api/v1/carbon/records/{record_id}/{verb}")
    async def decide(record_id: str, verb: str, request: Request) -> Any:
        document = await request.json()
        world.records.sent.append((f"{record_id}/{verb}", document, []))
        if (refusal := _refusal(world.records)) is not None:
            return refusal
        item = next(item for item in world.records.items if item["id"] == record_id)
        if verb != "withdraw" and document["by"].casefold() == item["by"].casefold():
            said = f"{item['by']} prepared this record and cannot approve it"
            return _problem(409, {"detail": said, "hint": "somebody else has to look at it"})
        item["state"] = {"approve": "approved", "reject": "rejected", "withdraw": "withdrawn"}[verb]
        item["decision"] = _approval(document["by"])
        return item


def routes(app: FastAPI, world: Any) -> None:
    """What the page asks and orders about records."""
    _reading_routes(app, world)
    _writing_routes(app, world)
