"""Rules: which there are, and reading them again."""

from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException

from gateway.api.access import Reader, RuleKeeper
from gateway.api.answers import answers
from gateway.api.context import InContext
from gateway.api.proven import ProvenRoute
from gateway.api.routes_configuration import mistakes, refuse_tenant
from gateway.api.sentences import with_chinese
from gateway.api.shapes.rules import Rules, RulesRead
from gateway.api.views import names
from gateway.config import ConfigErrors
from gateway.core.alarm import Condition
from gateway.pipeline.reload import Conflict
from gateway.pipeline.report import ms
from gateway.rulebook.definitions import definitions
from gateway.store.audit_values import changes

router = APIRouter(prefix="/api/v1/rules", tags=["rules"], route_class=ProvenRoute)


@router.get("", responses=answers(Rules))
async def rules(principal: Reader, context: InContext) -> dict[str, Any]:
    """Every rule, where it stands, and how many of its alarms are active. For those who see the whole park."""
    refuse_tenant(principal)
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
    answer = {
        "items": items,
        "loaded_ms": ms(context.gateway.watch.rules_loaded_ns),
        "findings": [str(finding) for finding in keeper.rulebook.findings],
    }
    return with_chinese(answer, "findings")


@router.post("/reload", responses=answers(RulesRead, 400, 409, 422))
async def reload(principal: RuleKeeper, context: InContext) -> Any:
    """Take other rules in. What is wrong is told with its place, and then the present rules stay; 409 where more than
    rules was changed, which `POST /api/v1/configuration/reload` takes in."""
    refuse_tenant(principal)
    keeper = context.gateway.alarms
    former = definitions(keeper.rulebook)
    async with context.audited(principal, "rules reload", "rules") as entry:
        try:
            answer = await context.gateway.reloader.reload(only_rules=True)
        except ConfigErrors as errors:
            entry.refuse(f"{len(errors.problems)} mistakes in the configuration")
            return mistakes(context, errors)
        except Conflict as conflict:
            raise HTTPException(409, str(conflict)) from conflict
        entry.before, entry.after = changes(former, definitions(keeper.rulebook))
    return with_chinese({**answer["rules"], "findings": [str(one) for one in keeper.rulebook.findings]}, "findings")


def _short(file: str) -> str:
    """`rules.d/park.yaml`: where the files lie on the machine is nobody's business here."""
    path = Path(file)
    return f"{path.parent.name}/{path.name}" if path.parent.name == "rules.d" else path.name
