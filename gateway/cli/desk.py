"""Accounts and keys from the command line: through the socket of a running gateway, else on state.db directly."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from gateway.cli.peer import ask, is_running
from gateway.core.errors import Rejected

if TYPE_CHECKING:
    from gateway.config.plan import ParkPlan
    from gateway.identity.desk import Desk

Json = dict[str, Any]


def done(
    plan: "ParkPlan", method: str, target: str, body: Json | None, act: "Callable[[Desk], Awaitable[Json] | Json]"
) -> Json:
    """The running gateway's answer; where none runs, that of `act` on the files. Raises GatewayError, ConfigError."""
    if is_running(plan.api.socket):
        answer: Json = ask(plan.api.socket, method, target, body)
        return answer
    import asyncio

    from gateway.cli.desk_files import on_files

    return asyncio.run(on_files(plan, act))


def checked(model: Any, body: Json) -> Any:
    """The body as the API would take it. Raises Rejected with what does not fit."""
    from pydantic import ValidationError

    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        raise Rejected(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None
