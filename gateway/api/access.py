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

    PUBLIC = "public"  # anybody, before log-in: alive, ready, log-in, the page's files; no value in any of it
    SELF = "self"  # one's own session and password
    READ = "read"  # values, devices, history of what one may see
    EXPORT = "export"  # any file of data: history, journal, reports
    METRICS = "metrics"  # counters for Prometheus
    LINE = "line"  # one exchange with a device, its frames
    ALARMS = "alarms"  # acknowledge, shelve, comment, take out of service
    RECORDS = "records"  # submit and withdraw records: readings, delivery notes, certificates
    APPROVALS = "approvals"  # approve and reject what others submitted
    ACCOUNTS = "accounts"  # close months, tell them anew
    LEDGER = "ledger"  # sign a checkpoint
    RULES = "rules"  # read rules again, test channels
    GATEWAY = "gateway"  # read the inside of the gateway: sinks, log, quarantine, configuration without its secrets
    CONFIGURATION = "configuration"  # try a device, write park.yaml, reload
    BACKUP = "backup"  # everything in one file
    USERS = "users"  # accounts, API keys, sessions of others
    AUDIT = "audit"  # read the audit log


class Role(StrEnum):
    """Who somebody is in the park."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ENGINEER = "engineer"
    ADMINISTRATOR = "administrator"
    ENTERPRISE = "enterprise"  # its own devices and reports only
    AUDITOR = "auditor"  # reads everything, changes nothing, until a day


_OPERATOR = frozenset(Permission) - {
    Permission.RULES,
    Permission.CONFIGURATION,
    Permission.BACKUP,
    Permission.USERS,
    Permission.AUDIT,
}
_ANYBODY = frozenset({Permission.PUBLIC, Permission.SELF})

GRANTED: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _ANYBODY | {Permission.READ, Permission.GATEWAY},
    Role.OPERATOR: _OPERATOR,
    Role.ENGINEER: _OPERATOR | {Permission.RULES, Permission.CONFIGURATION},
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.ENTERPRISE: _ANYBODY | {Permission.READ, Permission.EXPORT, Permission.RECORDS},
    Role.AUDITOR: _ANYBODY | {Permission.READ, Permission.EXPORT, Permission.GATEWAY, Permission.AUDIT},
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


Visitor = Annotated[Principal, Depends(requires(Permission.PUBLIC))]
Self = Annotated[Principal, Depends(requires(Permission.SELF))]
Reader = Annotated[Principal, Depends(requires(Permission.READ))]
Exporter = Annotated[Principal, Depends(requires(Permission.EXPORT))]
MetricsReader = Annotated[Principal, Depends(requires(Permission.METRICS))]
LineUser = Annotated[Principal, Depends(requires(Permission.LINE))]
AlarmOperator = Annotated[Principal, Depends(requires(Permission.ALARMS))]
RecordKeeper = Annotated[Principal, Depends(requires(Permission.RECORDS))]
Approver = Annotated[Principal, Depends(requires(Permission.APPROVALS))]
AccountKeeper = Annotated[Principal, Depends(requires(Permission.ACCOUNTS))]
LedgerKeeper = Annotated[Principal, Depends(requires(Permission.LEDGER))]
RuleKeeper = Annotated[Principal, Depends(requires(Permission.RULES))]
GatewayReader = Annotated[Principal, Depends(requires(Permission.GATEWAY))]
Configurer = Annotated[Principal, Depends(requires(Permission.CONFIGURATION))]
BackupKeeper = Annotated[Principal, Depends(requires(Permission.BACKUP))]
UserKeeper = Annotated[Principal, Depends(requires(Permission.USERS))]
AuditReader = Annotated[Principal, Depends(requires(Permission.AUDIT))]
