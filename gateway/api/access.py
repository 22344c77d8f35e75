"""Who asks, and what they may: every route declares a permission and gets a `Principal`; default is deny.

Until log-in exists the API listens on loopback only, and everybody there is the local operator. The command line comes
over the Unix socket (mode 0600) and is the administrator.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, HTTPException, Request

from gateway.core.device import Device

SOCKET_SCOPE = "park_gateway.socket"  # set by the server that listens on the Unix socket, never by a request


class Permission(StrEnum):
    """What a route asks for."""

    HEALTH = "health"  # alive, ready, metrics
    READ = "read"  # values, devices, history of what one may see
    LINE = "line"  # one exchange with a device, its frames
    EXPORT = "export"  # history as a file
    PAGE = "page"  # the page itself: no value in it
    ALARMS = "alarms"  # acknowledge, shelve, comment, take out of service
    RECORDS = "records"  # submit and withdraw records: readings, delivery notes, certificates
    APPROVALS = "approvals"  # approve and reject what others submitted
    RULES = "rules"  # read rules again, test channels
    LEDGER = "ledger"  # sign a checkpoint
    ACCOUNTS = "accounts"  # close months, tell them anew


class Role(StrEnum):
    """The roles; more come with log-in."""

    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"


GRANTED: dict[Role, frozenset[Permission]] = {
    Role.OPERATOR: frozenset(Permission),
    Role.ADMINISTRATOR: frozenset(Permission),
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `enterprise`: sees only what belongs to it; `None`: the whole park."""

    name: str
    role: Role
    origin: str  # address, or `socket`
    enterprise: str | None = None

    def may_see(self, device: Device) -> bool:
        """True where this device's values are theirs to see."""
        return self.enterprise is None or device.enterprise == self.enterprise


def principal_of(request: Request) -> Principal:
    """Who asks: the Unix socket's peer is the administrator, everybody on loopback the operator."""
    if request.scope.get(SOCKET_SCOPE) is True:
        return Principal("local administrator", Role.ADMINISTRATOR, "socket")
    return Principal("local operator", Role.OPERATOR, request.client.host if request.client else "unknown")


def requires(permission: Permission) -> Callable[..., Principal]:
    """A dependency that lets only those in who hold `permission`. The route test reads `.permission` back."""

    def check(principal: Annotated[Principal, Depends(principal_of)]) -> Principal:
        if permission not in GRANTED[principal.role]:
            raise HTTPException(403, f"{principal.name} may not {permission.value}")
        return principal

    check.permission = permission  # type: ignore[attr-defined]
    return check


Reader = Annotated[Principal, Depends(requires(Permission.READ))]
LineUser = Annotated[Principal, Depends(requires(Permission.LINE))]
Exporter = Annotated[Principal, Depends(requires(Permission.EXPORT))]
HealthProbe = Annotated[Principal, Depends(requires(Permission.HEALTH))]
AlarmOperator = Annotated[Principal, Depends(requires(Permission.ALARMS))]
AccountKeeper = Annotated[Principal, Depends(requires(Permission.ACCOUNTS))]
LedgerKeeper = Annotated[Principal, Depends(requires(Permission.LEDGER))]
RecordKeeper = Annotated[Principal, Depends(requires(Permission.RECORDS))]
Approver = Annotated[Principal, Depends(requires(Permission.APPROVALS))]
RuleKeeper = Annotated[Principal, Depends(requires(Permission.RULES))]
Visitor = Annotated[Principal, Depends(requires(Permission.PAGE))]
