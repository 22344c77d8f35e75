"""Who asks: one person, key or socket, as every route gets it."""

from dataclasses import dataclass, field
from enum import StrEnum

from gateway.core.device import Device
from gateway.identity.roles import ANYBODY, GRANTED, Permission, Role


class Via(StrEnum):
    """How it is known who asks."""

    NOBODY = "nobody"  # not signed in
    SESSION = "session"
    KEY = "key"
    SOCKET = "socket"  # the Unix socket (mode 0600): the local administrator, whose names are stated


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `enterprise`: sees only what belongs to it; `None`: the whole park."""

    name: str  # log-in name
    role: Role
    origin: str  # address, or `socket`
    enterprise: str | None = None
    limits: frozenset[Permission] | None = None  # the scopes of a key, what a wall may; None: all that the role has
    via: Via = Via.SESSION
    user_id: str = ""  # the same for all sessions and keys of one person, and never another's
    display: str = ""  # the person's name
    credential: str = field(default="", repr=False)  # which session or key: looked up again while a stream lasts
    csrf: str | None = field(default=None, repr=False, compare=False)  # what a browser must send to change something

    @property
    def permissions(self) -> frozenset[Permission]:
        """What it may: what the role may, as far as the key or the wall may."""
        granted = GRANTED[self.role]
        return granted if self.limits is None else granted & (self.limits | ANYBODY)

    def may(self, permission: Permission) -> bool:
        """True where it holds this permission."""
        return permission in self.permissions

    def may_see(self, device: Device) -> bool:
        """True where this device's values are theirs to see."""
        return self.enterprise is None or device.enterprise == self.enterprise

    @property
    def person(self) -> str | None:
        """The proven name of the person; `None` on the socket, where the name is stated."""
        return None if self.via is Via.SOCKET else self.display or self.name


def nobody(origin: str) -> Principal:
    """Somebody who is not signed in."""
    return Principal("anonymous", Role.VIEWER, origin, limits=ANYBODY, via=Via.NOBODY, user_id=f"address {origin}")


def local_administrator() -> Principal:
    """The peer of the Unix socket: only the user that the gateway runs as can open it."""
    return Principal("local administrator", Role.ADMINISTRATOR, "socket", via=Via.SOCKET, user_id="socket")
