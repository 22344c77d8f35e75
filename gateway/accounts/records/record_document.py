"""A submission as a JSON document, the same for the API and the command line."""

from typing import Any

from gateway.accounts.records.submission_log import Submission

_INNER = ("by", "principal", "evidence", "warnings", "late", "likeness", "request", "form", "supersedes", "meters")

_UNITS = {"people": "人", "person": "人", "employees": "人", "piece": "件", "pieces": "件"}


def _unit_name(unit: str) -> dict[str, str] | None:
    """The unit in both languages; `None` for a record without one."""
    for prefix, zh in (("1e4", "万"), ("1e6", "百万")):
        if unit.startswith(prefix):
            money = unit.removeprefix(prefix)
            return {"en": f"{10 ** int(prefix[-1]):,} {money}".replace(",", " "), "zh": zh + _money(money)}
    return {"en": unit, "zh": _UNITS.get(unit, _money(unit))} if unit else None


def _money(unit: str) -> str:
    return "元" if unit == "CNY" else unit


def record_document(one: Submission) -> dict[str, Any]:
    """Who submitted what, with which files, and what became of it. Past readings are counted, not listed."""
    body, decision = one.body, one.decision
    return {
        "id": one.id,
        "seq": one.record.seq,
        "kind": one.form.value,
        "state": one.state.value,
        "enterprise": one.record.enterprise,
        "period": one.record.period,
        "fields": {name: value for name, value in body.items() if name not in _INNER},
        "unit_name": _unit_name(str(body.get("unit", ""))),
        "evidence": body["evidence"],
        "by": body["by"],
        "principal": body["principal"],
        "submitted_ms": one.record.time_ns // 1_000_000,
        "warnings": body["warnings"],
        "late": body["late"],
        "supersedes": one.record.about or None,
        "superseded_by": one.successor or None,
        "decision": None
        if decision is None
        else {
            "id": decision.id,
            "what": decision.kind.value,
            "by": decision.body["by"],
            "principal": decision.body["principal"],
            "time_ms": decision.time_ns // 1_000_000,
            "note": decision.body.get("note") or decision.body.get("reason") or "",
            "late": decision.body.get("late", []),
            "forced": decision.body.get("forced", []),
        },
    }
