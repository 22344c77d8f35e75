"""The forms of the log-in."""

from typing import Literal

from gateway.api.shapes.base import Name, Shape, TimeMs
from gateway.identity.roles import Permission, Role


class SignedOut(Shape):
    """Before log-in: nothing of the site. `setup`: no administrator exists yet."""

    state: Literal["setup", "anonymous"]
    time_ms: TimeMs
    languages: list[str]
    oidc: bool
    """Signing in at an identity provider is possible."""


class SessionSite(Shape):
    """The park."""

    id: str
    name: Name
    timezone: str


class SignedIn(Shape):
    """Who one is and what one may."""

    state: Literal["signed_in"]
    time_ms: TimeMs
    languages: list[str]
    oidc: bool
    name: str
    display: str
    role: Role
    enterprise: str | None
    """`null`: the whole park."""
    permissions: list[Permission]
    csrf: str | None
    """Goes into the header `X-CSRF-Token` of whatever changes something."""
    expires_ms: TimeMs | None
    idle_s: int | None
    wall: bool
    """A display on a wall: it is not signed out for being idle."""
    has_password: bool
    needs_old_password: bool
    site: SessionSite
    home: str
    """Where the page begins."""
