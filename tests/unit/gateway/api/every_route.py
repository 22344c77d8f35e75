"""The routes as the application has them, and the permission that each is to have."""

from collections import Counter
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from gateway.api.access import Permission

ACTIONS = ("acknowledge", "reset", "shelve", "unshelve", "out-of-service", "in-service", "comment")
APPROVALS = Permission.APPROVALS
CARBON = ("months", "summary", "hours", "entries", "trace/{entry_id}", "periods", "instruments", "factors")
ENERGY = ("meters", "intervals", "usage", "days", "statement", "balance", "flows", "tariffs")
EVERY_ROUTE = {
    "/healthz": Permission.PUBLIC,
    "/readyz": Permission.PUBLIC,
    "/metrics": Permission.METRICS,
    "/api/v1/openapi.json": Permission.READ,
    "/api/v1/session": Permission.PUBLIC,
    "POST /api/v1/session": Permission.PUBLIC,
    "DELETE /api/v1/session": Permission.SELF,
    "/api/v1/session/token": Permission.PUBLIC,
    "/api/v1/session/password": Permission.SELF,
    "/api/v1/session/mine": Permission.SELF,
    "DELETE /api/v1/session/mine": Permission.SELF,
    "/api/v1/setup": Permission.PUBLIC,
    "/api/v1/session/oidc": Permission.PUBLIC,
    "/api/v1/session/oidc/callback": Permission.PUBLIC,
    "/api/v1/audit": Permission.AUDIT,
    "/api/v1/audit/{number}": Permission.AUDIT,
    "/api/v1/audit/verify": Permission.AUDIT,
    "/api/v1/audit/export": Permission.AUDIT,
    "/api/v1/audit/archive": Permission.BACKUP,
    "/api/v1/users": Permission.USERS,
    "POST /api/v1/users": Permission.USERS,
    "/api/v1/users/{name}": Permission.USERS,
    "PATCH /api/v1/users/{name}": Permission.USERS,
    "DELETE /api/v1/users/{name}": Permission.USERS,
    "/api/v1/users/{name}/link": Permission.USERS,
    "/api/v1/users/{name}/sessions": Permission.USERS,
    "DELETE /api/v1/users/{name}/sessions": Permission.USERS,
    "/api/v1/keys": Permission.USERS,
    "POST /api/v1/keys": Permission.USERS,
    "/api/v1/keys/{key_id}": Permission.USERS,
    "/api/v1/status": Permission.PUBLIC,  # value-free before log-in
    "/api/v1/park": Permission.READ,
    "/api/v1/devices": Permission.READ,
    "/api/v1/devices/{device_id}": Permission.READ,
    "/api/v1/devices/{device_id}/read": Permission.LINE,
    "/api/v1/devices/{device_id}/trace": Permission.LINE,
    "/api/v1/connectivity": Permission.READ,
    "/api/v1/connectivity/enterprises/{enterprise_id}": Permission.READ,
    "/api/v1/connectivity/devices/{device_id}": Permission.READ,
    "/api/v1/alarms": Permission.READ,
    "/api/v1/alarms/metrics": Permission.READ,
    "/api/v1/alarms/journal": Permission.READ,
    "/api/v1/alarms/{alarm_id}": Permission.READ,
    **dict.fromkeys((f"/api/v1/alarms/{{alarm_id}}/{action}" for action in ACTIONS), Permission.ALARMS),
    "/api/v1/backup": Permission.GATEWAY,
    "POST /api/v1/backup": Permission.BACKUP,
    "/api/v1/logs": Permission.GATEWAY,
    "/api/v1/machine": Permission.GATEWAY,
    "/api/v1/sources": Permission.GATEWAY,
    "/api/v1/quarantine": Permission.GATEWAY,
    "/api/v1/quarantine/file": Permission.EXPORT,
    "/api/v1/quarantine/retry": Permission.CONFIGURATION,
    "/api/v1/configuration": Permission.GATEWAY,
    "/api/v1/configuration/preview": Permission.CONFIGURATION,
    "/api/v1/profiles": Permission.CONFIGURATION,
    "/api/v1/commissioning/devices/{device_id}": Permission.CONFIGURATION,
    "/api/v1/commissioning/test": Permission.CONFIGURATION,
    "/api/v1/commissioning/save": Permission.CONFIGURATION,
    "/api/v1/configuration/reload": Permission.CONFIGURATION,
    "/api/v1/rules": Permission.READ,
    "/api/v1/rules/reload": Permission.RULES,
    "/api/v1/notifications": Permission.READ,
    "/api/v1/notifications/{channel}/test": Permission.RULES,
    "/api/v1/points": Permission.READ,
    "/api/v1/points/{tag}/history": Permission.READ,
    "/api/v1/live": Permission.READ,
    "/api/v1/history": Permission.READ,
    "/api/v1/export": Permission.EXPORT,
    "/api/v1/exports": Permission.EXPORT,
    "/api/v1/carbon/ledger/records": Permission.READ,
    "/api/v1/carbon/ledger/records/{record_id}": Permission.READ,
    "/api/v1/carbon/ledger/checkpoint": Permission.READ,
    "POST /api/v1/carbon/ledger/checkpoint": Permission.LEDGER,
    "/api/v1/carbon/ledger/verify": Permission.READ,
    "/api/v1/carbon/ledger/proof/inclusion": Permission.READ,
    "/api/v1/carbon/ledger/proof/consistency": Permission.READ,
    "/api/v1/carbon/ledger/key": Permission.READ,
    "/api/v1/carbon/evidence/{sha256}": Permission.READ,
    "/api/v1/carbon/evidence": Permission.RECORDS,
    "/api/v1/carbon/records": Permission.READ,
    "POST /api/v1/carbon/records": Permission.RECORDS,
    "/api/v1/carbon/records/{record_id}": Permission.READ,
    **dict.fromkeys((f"/api/v1/carbon/records/{{record_id}}/{act}" for act in ("approve", "reject")), APPROVALS),
    "/api/v1/carbon/records/{record_id}/withdraw": Permission.RECORDS,
    "/api/v1/carbon/imports": Permission.RECORDS,
    "/api/v1/carbon/rehearsals": Permission.RECORDS,
    "/api/v1/carbon/sources": Permission.READ,
    "/api/v1/carbon/templates": Permission.READ,
    "/api/v1/carbon/templates/{kind}": Permission.READ,
    **dict.fromkeys((f"/api/v1/carbon/{what}" for what in CARBON), Permission.READ),
    "/api/v1/carbon/periods/close": Permission.ACCOUNTS,
    "/api/v1/carbon/periods/restate": Permission.ACCOUNTS,
    "/api/v1/carbon/periods/proposals/{proposal_id}/approve": Permission.APPROVALS,
    "/api/v1/carbon/periods/proposals/{proposal_id}/reject": Permission.ACCOUNTS,
    "/api/v1/carbon/sample.zip": Permission.EXPORT,
    "/api/v1/carbon/report": Permission.EXPORT,
    "/api/v1/carbon/label": Permission.EXPORT,
    "/api/v1/energy/statement.pdf": Permission.EXPORT,
    **dict.fromkeys((f"/api/v1/energy/{what}" for what in ENERGY), Permission.READ),
}
"""By path; where one path has several methods, those other than GET with their method before it."""


def permissions_of(dependant: Dependant) -> set[Permission]:
    own = {dependant.call.permission} if hasattr(dependant.call, "permission") else set()
    return own.union(*(permissions_of(inner) for inner in dependant.dependencies))


def api_routes(app: Any) -> list[APIRoute]:
    found: list[APIRoute] = []
    waiting = list(app.routes)
    while waiting:
        route = waiting.pop()
        if isinstance(route, APIRoute):
            found.append(route)
        waiting += getattr(route, "routes", None) or getattr(getattr(route, "original_router", None), "routes", [])
    return found


def named_routes(app: Any) -> dict[str, APIRoute]:
    """Every route under its name in the table."""
    routes = api_routes(app)
    known = Counter(route.path for route in routes)
    found = {}
    for route in routes:
        assert len(route.methods) == 1, route.path
        method = next(iter(route.methods))
        found[route.path if method == "GET" or known[route.path] == 1 else f"{method} {route.path}"] = route
    return found
