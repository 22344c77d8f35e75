"""What an identity provider says about somebody, as what the gateway needs: name, role, enterprise. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from gateway.config.apimodels import OidcModel
from gateway.identity.refusals import NotSignedIn
from gateway.identity.roles import Role

Claims = Mapping[str, Any]
_LONGEST_NAME = 32  # of an account
_SHOWN = 60


class Why(StrEnum):
    """Why somebody whom a provider sent is not let in: the page has words for each."""

    NO_ROLE = "no_role"
    NO_ENTERPRISE = "no_enterprise"
    NOT_BEGUN = "not_begun"  # here, by this browser, lately
    DENIED = "denied"  # by the provider
    TOKEN = "token"  # noqa: S105 - it is not valid
    AWAY = "away"  # the provider does not answer as it should
    ACCOUNT = "account"  # disabled, ended, or it does not fit


class NotLetIn(NotSignedIn):
    """With its reason for the page; the message is for the log."""

    def __init__(self, why: Why, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.why = why


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom a provider vouches for."""

    subject: str  # issuer and subject, the only pair that stays the same (OpenID Connect Core 1.0, 5.7)
    name: str  # a legal account name, made of what the provider calls them
    display: str
    role: Role
    enterprise: str | None


def person_of(settings: OidcModel, claims: Claims) -> Person:
    """The person of a verified id token. Raises NotLetIn where no role is meant for them."""
    subject = f"{settings.issuer} {claims['sub']}"
    role = _role(settings, claims)
    enterprise = _enterprise(settings, claims) if role is Role.ENTERPRISE else None
    display = _text(claim(claims, settings.name_claim)) or _text(claims.get("preferred_username"))
    return Person(subject, account_name(claims, subject), display[:100], role, enterprise)


def claim(claims: Claims, name: str) -> Any:
    """A claim by its name, or by a path of names with dots (`realm_access.roles`); `None` where there is none."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def account_name(claims: Claims, subject: str) -> str:
    """`li.wei-3f9a02`: readable, and no two people of one provider, nor an account from here, have the same."""
    called = _text(claims.get("preferred_username")) or _text(claims.get("email")).split("@")[0]
    plain = re.sub(r"[^a-z0-9._-]+", "-", called.lower()).strip("._-")
    mark = sha256(subject.encode()).hexdigest()[:6]
    return f"{plain[: _LONGEST_NAME - len(mark) - 1] or 'person'}-{mark}"


def _role(settings: OidcModel, claims: Claims) -> Role:
    found = _texts(claim(claims, settings.role_claim))
    for value, role in settings.roles.items():
        if value in found:
            return Role(role)
    shown = ", ".join(found)[:_SHOWN] or "nothing"
    raise NotLetIn(
        Why.NO_ROLE,
        "you are known, but no role in this park is meant for you",
        f"an administrator can map one: `{settings.role_claim}` says {shown}",
    )


def _enterprise(settings: OidcModel, claims: Claims) -> str:
    found = _texts(claim(claims, settings.enterprise_claim or ""))
    if len(found) != 1:
        hint = f"`{settings.enterprise_claim}` has to hold one name and holds {len(found)}"
        raise NotLetIn(Why.NO_ENTERPRISE, "you are known, but not whose enterprise you belong to", hint)
    return settings.enterprises.get(found[0], found[0])


def _texts(value: object) -> list[str]:
    """A claim as a list of texts: some providers write one value without a list."""
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str) and one]


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
