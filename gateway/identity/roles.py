"""Who may what: the one table."""

from enum import StrEnum


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
ANYBODY = frozenset({Permission.PUBLIC})
_SIGNED_IN = ANYBODY | {Permission.SELF}

GRANTED: dict[Role, frozenset[Permission]] = {
    Role.VIEWER: _SIGNED_IN | {Permission.READ, Permission.GATEWAY},
    Role.OPERATOR: _OPERATOR,
    Role.ENGINEER: _OPERATOR | {Permission.RULES, Permission.CONFIGURATION},
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.ENTERPRISE: _SIGNED_IN | {Permission.READ, Permission.EXPORT, Permission.RECORDS},
    Role.AUDITOR: _SIGNED_IN | {Permission.READ, Permission.EXPORT, Permission.GATEWAY, Permission.AUDIT},
}

KEY_SCOPES = frozenset(Permission) - {
    Permission.PUBLIC,  # everybody's
    Permission.SELF,  # a password is a person's
    Permission.USERS,  # a key that makes keys would never expire
    Permission.APPROVALS,  # the second look is a person's: whoever makes a key could approve what they prepared
}
"""What an API key may be made for."""

WALL = _SIGNED_IN | {Permission.READ}
"""What a screen on the wall may, of what its role may: it never expires by being idle, and anybody stands before it."""
