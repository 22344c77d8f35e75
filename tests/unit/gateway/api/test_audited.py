"""Whoever changes something is in the audit log: every unsafe route of the app is called, and leaves an entry."""

from collections import defaultdict
from typing import Any

from fastapi.routing import APIRoute

from gateway.api.access import SAFE_METHODS, Role
from gateway.store import audit
from gateway.store.audit import AuditRow
from tests.unit.gateway.api.every_route import api_routes

IDS = defaultdict(
    lambda: "nothing",
    {
        "device_id": "grid",
        "alarm_id": "overload:dongyue-main",
        "record_id": "01a20472-fea6-7bf7-a447-7310f0d0a000",
        "name": "li.wei",
    },
)
MONTH = {"entity": "dongyue", "period": "2026-01"}
CALLS: dict[str, Any] = {
    "POST /api/v1/session": {"name": "nobody", "password": "no such password"},
    "POST /api/v1/session/token": {"token": "nothing"},
    "PUT /api/v1/session/password": {"old": "", "new": "twelve letters are enough"},
    "POST /api/v1/setup": {"code": "ABCD-EFGH", "name": "li.wei", "password": "twelve letters are enough"},
    "POST /api/v1/devices/{device_id}/read": {},
    **{f"POST /api/v1/alarms/{{alarm_id}}/{what}": {} for what in ("acknowledge", "reset", "unshelve", "in-service")},
    "POST /api/v1/alarms/{alarm_id}/shelve": {"duration_s": 60},
    "POST /api/v1/alarms/{alarm_id}/out-of-service": {"reason": "works"},
    "POST /api/v1/alarms/{alarm_id}/comment": {"text": "seen"},
    "POST /api/v1/rules/reload": None,
    "POST /api/v1/commissioning/test": {"device": {"id": "oven"}},
    "POST /api/v1/commissioning/save": {"device": {"id": "oven"}, "preview": False},
    "POST /api/v1/carbon/ledger/checkpoint": None,
    "POST /api/v1/carbon/evidence": b"Dear Sir",
    "POST /api/v1/carbon/records": {"kind": "denominator", "period": "2026-09", "what": "product", "number": "1"},
    "POST /api/v1/carbon/rehearsals": {"kind": "denominator", "period": "2026-09", "what": "product", "number": "1"},
    "POST /api/v1/carbon/records/{record_id}/approve": {},
    "POST /api/v1/carbon/records/{record_id}/reject": {"reason": "wrong"},
    "POST /api/v1/carbon/records/{record_id}/withdraw": {},
    "POST /api/v1/carbon/periods/close": MONTH,
    "POST /api/v1/carbon/periods/restate": {**MONTH, "reason": "a delivery note came late"},
    "POST /api/v1/carbon/periods/proposals/{proposal_id}/approve": None,
    "POST /api/v1/carbon/periods/proposals/{proposal_id}/reject": {"reason": "a delivery note is missing"},
    "POST /api/v1/users": {"name": "li.wei", "role": "operator"},
    "POST /api/v1/users/{name}/link": {},
    "PATCH /api/v1/users/{name}": {"display": "Li Wei"},
    "POST /api/v1/keys": {"name": "Grafana", "scopes": ["read"], "days": 30},
    "POST /api/v1/backup": {},
    "POST /api/v1/quarantine/retry": {"sink": "influx"},
    "POST /api/v1/configuration/reload": {},
    "POST /api/v1/audit/verify": None,
    "POST /api/v1/audit/archive": {"upto": 1, "sha256": "0" * 64},
    "DELETE /api/v1/session/mine": None,
    "DELETE /api/v1/session": None,
}
"""What each is called with; `DELETE session` comes last: whoever calls has no session then."""

PROVEN_ELSEWHERE = {
    "POST /api/v1/notifications/{channel}/test": "this park has no channel: test_notifications",
    "POST /api/v1/carbon/imports": "needs a table in a form: test_records",
    "POST /api/v1/carbon/ledger/verify": "changes nothing",
    "POST /api/v1/configuration/preview": "changes nothing",
    "POST /api/v1/commissioning/preview": "changes nothing",
}


def unsafe(app: Any) -> list[str]:
    found = {
        f"{method} {route.path}"
        for route in api_routes(app)
        if isinstance(route, APIRoute)
        for method in route.methods - SAFE_METHODS
    }
    ways = ("POST", "PATCH", "PUT", "DELETE")  # what is made is changed, then removed: first what is inside of it
    last = "DELETE /api/v1/session"
    return sorted(
        found, key=lambda one: (one == last, ways.index(one.split()[0]), -one.count("/") if one[0] == "D" else 0, one)
    )


async def test_every_route_that_may_change_something_leaves_an_entry(park_with_rules: Any) -> None:
    park = park_with_rules
    await park.sign_in(Role.ADMINISTRATOR)
    silent = []
    for route in unsafe(park.app):
        if route in PROVEN_ELSEWHERE:
            continue
        before = await newest(park)
        answer = await call(park, route)
        if await newest(park) == before:
            silent.append(f"{route}: {answer.status_code} {answer.text[:200]}")
    assert silent == [], "\n".join(["no entry in the audit log (give a call that gets through in CALLS):", *silent])


async def call(park: Any, route: str) -> Any:
    method, path = route.split(" ")
    body = CALLS.get(route)
    sent = {"content": body} if isinstance(body, bytes) else {} if body is None else {"json": body}
    return await park.http.request(method, path.format_map(IDS), **sent)


async def newest(park: Any) -> int:
    return int((await park.gateway.audit.head()).id)


async def rows(park: Any) -> list[AuditRow]:
    found: list[AuditRow] = await park.gateway.audit.state.do(lambda db: audit.following(db, 0, 100))
    return found
