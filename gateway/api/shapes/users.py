"""The forms of accounts, their sessions, and API keys."""

from gateway.api.shapes.base import Day, Shape, TimeMs
from gateway.identity.roles import Permission, Role


class Rights(Shape):
    """What an account may."""

    name: str
    display: str
    role: Role
    enterprise: str | None
    valid_until: Day | None
    """The last day."""
    disabled: bool
    wall: bool
    """A screen on the wall: it does not end by being idle, and only looks."""


class User(Rights):
    """One account."""

    usable: bool
    """False where it is disabled or has ended."""
    has_password: bool
    external: bool
    """Known by an identity provider."""
    created_ms: TimeMs
    signed_in_ms: TimeMs | None
    sessions: int
    keys: int


class Users(Shape):
    """Every account."""

    items: list[User]
    total: int


class OneTimeLink(Shape):
    """A link that signs in once."""

    token: str
    path: str
    """Behind the gateway's address; what follows the # is not sent to any server."""
    expires_ms: TimeMs


class NewUser(User):
    """A new account."""

    link: OneTimeLink | None


class SessionShape(Shape):
    """One log-in of one browser."""

    id: str
    created_ms: TimeMs
    seen_ms: TimeMs
    expires_ms: TimeMs
    """When it ends if nothing more comes."""
    origin: str
    agent: str
    """What the browser calls itself."""
    by_link: bool
    current: bool
    """The one that asks."""


class UserSessions(Shape):
    """The sessions of an account, the newest first."""

    items: list[SessionShape]
    total: int


class Ended(Shape):
    """How many sessions were ended."""

    ended: int


class KeyShape(Shape):
    """One API key, without its secret."""

    id: str
    name: str
    account: str
    role: Role
    scopes: list[Permission]
    enterprise: str | None
    valid: bool
    created_ms: TimeMs
    expires_ms: TimeMs
    used_ms: TimeMs | None
    used_origin: str | None


class ApiKeys(Shape):
    """Every key."""

    items: list[KeyShape]
    total: int


class MadeKey(KeyShape):
    """A new key."""

    key: str
    """The key itself: `Authorization: Bearer` and this. It is shown this once."""


class RemovedKey(Shape):
    """A key that is worthless now."""

    removed: str
