"""Rules: which there are, and reading them again."""

from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException
from fastapi.responses import JSONResponse

from gateway.api.access import Principal, Reader, RuleKeeper
from gateway.api.context import InContext
from gateway.api.problems import MEDIA_TYPE
from gateway.api.views import names
from gateway.config import ConfigErrors
from gateway.core.alarm import Condition
from gateway.pipeline.report import ms

router = APIRouter(prefix="/api/v1/rules", tags=["rules"])


@router.get("")
async def rules(principal: Reader, context: InContext) -> dict[str, Any]:
    """Every rule, where it stands, and how many of its alarms are active. For those who see the whole park."""
    _refuse_tenant(principal)
    keeper = context.gateway.alarms
    active: dict[str, int] = {}
    for view in keeper.views():
        if view.condition is Condition.ACTIVE:
            active[view.spec.rule] = active.get(view.spec.rule, 0) + 1
    items = [
        {
            "rule": info.rule,
            "name": names(info.names, info.rule),
            "alarms": info.alarms,
            "active": active.get(info.rule, 0),
            "file": _short(info.file),
            "line": info.line,
            "enabled": info.is_enabled,
        }
        for info in keeper.rulebook.rules
    ]
    return {
        "items": items,
        "loaded_ms": ms(context.gateway.watch.rules_loaded_ns),
        "findings": [str(finding) for finding in keeper.rulebook.findings],
    }


@router.post("/reload")
async def reload(principal: RuleKeeper, context: InContext) -> Any:
    """Read the rules again. What is wrong is told with its place, and then the present rules stay."""
    _refuse_tenant(principal)
    await context.audit(principal, "reload rules", "rules")
    try:
        return await context.gateway.reload_rules()
    except ConfigErrors as errors:
        count = len(errors.problems)
        await context.audit(principal, "reload rules", "rules", f"refused: {count} mistakes")
        body = {
            "type": "about:blank",
            "title": "Bad Request",
            "status": 400,
            "detail": f"{count} mistake{'s' if count != 1 else ''} in the configuration; the present rules stay",
            "hint": "park-gateway check says the same",
            "errors": [problem.as_json() for problem in errors.problems],
        }
        return JSONResponse(body, 400, media_type=MEDIA_TYPE)


def _refuse_tenant(principal: Principal) -> None:
    if principal.enterprise is not None:
        raise HTTPException(403, "rules are for those who see the whole park")


def _short(file: str) -> str:
    """`rules.d/park.yaml`: where the files lie on the machine is nobody's business here."""
    path = Path(file)
    return f"{path.parent.name}/{path.name}" if path.parent.name == "rules.d" else path.name
