"""`api:` - where the API and the page listen, with which certificate, and who else may say who somebody is."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from gateway.config.models import Id, Strict
from gateway.config.types import HintedError, Host, Secret

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
OidcRole = Literal["viewer", "operator", "engineer", "administrator", "enterprise"]
"""What a provider may say. Not `auditor`: an auditor's account has a last day, which somebody here decides."""


def is_loopback(host: str) -> bool:
    """True for a host that only this machine can reach."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _issuer(text: str) -> str:
    """An issuer as it stands in tokens: https, so that nobody on the way can be the provider. Raises HintedError."""
    parts = urlsplit(text)
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.query or parts.fragment or "@" in text:
        raise HintedError(
            "not the address of an identity provider", "write it like `https://login.example/realms/park`"
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise HintedError("an identity provider without TLS could be anybody", "write an address with https")
    return text.rstrip("/") if parts.path == "/" else text


class OidcModel(Strict):
    """`api: oidc:` - log-in at an identity provider (OpenID Connect Core 1.0, authorization code with PKCE)."""

    issuer: Annotated[str, AfterValidator(_issuer)]
    client_id: Annotated[str, Field(min_length=1, max_length=200)]
    client_secret: Secret | None = None  # `None`: a public client, PKCE alone
    scopes: Annotated[tuple[str, ...], Field(max_length=20)] = ("openid", "profile")
    role_claim: Annotated[str, Field(min_length=1, max_length=200)] = "roles"
    roles: dict[str, OidcRole]  # value of the claim -> role; the first that fits, in the order written
    enterprise_claim: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    enterprises: Annotated[
        dict[str, Id], Field(default_factory=dict)
    ]  # value of the claim -> enterprise; one that is not here is an id itself
    name_claim: Annotated[str, Field(min_length=1, max_length=200)] = "name"
    ca: Path | None = None  # PEM file of the authority that signed the provider's certificate
    allow_private: bool = False
    allow_loopback: bool = False

    @model_validator(mode="after")
    def _says_who_is_who(self) -> Self:
        if not self.roles:
            raise HintedError("nobody could sign in", "write `roles: {VALUE OF THE CLAIM: operator}`")
        if "enterprise" in self.roles.values() and self.enterprise_claim is None:
            raise HintedError("the role `enterprise` without saying which one", "add `enterprise_claim: NAME`")
        if "openid" not in self.scopes:
            raise HintedError("without the scope `openid` there is no log-in", "write `scopes: [openid, profile]`")
        return self


class ApiModel(Strict):
    """`api:` - where the API and the page listen."""

    host: Host = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    tls: Literal["on", "off"] | None = None  # default: off where only this machine can reach it, else on
    hosts: Annotated[tuple[Host, ...], Field(max_length=50)] = ()  # other names and addresses that people use
    certificate: Annotated[str, Field(min_length=1)] | None = None  # default: one that the gateway makes
    key: Annotated[str, Field(min_length=1)] | None = None
    oidc: OidcModel | None = None
    socket: str | None = None  # default: gateway.sock in the store's directory

    @model_validator(mode="after")
    def _certificate_with_its_key(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            missing = "key" if self.key is None else "certificate"
            raise HintedError("a certificate and its key belong together", f"add `{missing}`, or remove the other")
        if self.certificate is not None and self.tls == "off":
            raise HintedError("a certificate is of no use with `tls: off`", "remove one of the two")
        return self

    @property
    def has_tls(self) -> bool:
        """True where the page is served over TLS."""
        if self.tls is None:
            return self.certificate is not None or not is_loopback(self.host)
        return self.tls == "on"
