"""A submission as a JSON document, the same for the API and the command line."""

from typing import Any

from gateway.accounts.records.submission_log import Submission

_INNER = ("by", "principal", "evidence", "warnings", "late", "likeness", "request", "form", "supersedes", "meters")


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
