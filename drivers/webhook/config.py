"""What the user writes for a webhook channel."""

from enum import StrEnum
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from drivers.outbound.options import HttpOptions, checked_url
from gateway.config.types import Duration, HintedError, Secret

_EXAMPLE = "https://alerts.example/hook"
_TOKEN = frozenset("!#$%&'*+-.^_`|~") | frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_OURS = frozenset(
    {"content-type", "content-length", "host", "idempotency-key", "x-park-signature", "transfer-encoding"}
)


class Format(StrEnum):
    """What a webhook posts."""

    PARK = "park"  # the gateway's own JSON
    ALERTMANAGER = "alertmanager"  # what an Alertmanager posts to its webhook receivers, version 4
    ALERTMANAGER_API = "alertmanager-api"  # what Prometheus posts to an Alertmanager: /api/v2/alerts


def _checked_url(text: str) -> str:
    checked_url(text, _EXAMPLE)
    return text


def _checked_secret_url(secret: Secret) -> Secret:
    checked_url(secret.reveal(), _EXAMPLE)
    return secret


def _checked_headers(headers: dict[str, Secret]) -> dict[str, Secret]:
    for name, value in headers.items():
        if not name or not set(name) <= _TOKEN:
            raise HintedError(f"`{name}` is no name of a header", "letters, digits and `-`, like `X-Token`")
        if name.lower() in _OURS:
            raise HintedError(f"header `{name}` is set by the gateway", "remove it from `headers`")
        text = value.reveal()
        if not text.isascii() or not text.isprintable() or text != text.strip():
            raise HintedError(f"header `{name}` holds a line end or another foreign character", "is the file right?")
    return headers


class ChannelOptions(HttpOptions):
    """One receiver. `secret_url` instead of `url` where the address itself holds a key."""

    url: Annotated[str, AfterValidator(_checked_url)] | None = None
    secret_url: Annotated[Secret, AfterValidator(_checked_secret_url)] | None = None
    format: Format = Format.PARK
    secret: Secret | None = Field(None, description="key of the signature in X-Park-Signature (HMAC-SHA256)")
    headers: Annotated[dict[str, Secret], AfterValidator(_checked_headers)] = Field({}, description="more headers")
    allow_private: bool = Field(True, description="many receivers stand in the park's own network")
    keep_firing: Duration = Field(
        86400.0, ge=300, le=30 * 86400, description="alertmanager-api: resolved by itself after this time"
    )

    @property
    def address(self) -> str:
        """Where to post to; not to be shown."""
        return self.secret_url.reveal() if self.secret_url is not None else self.url or ""

    @model_validator(mode="after")
    def _has_one_address(self) -> Self:
        if (self.url is None) == (self.secret_url is None):
            raise ValueError("write `url`, or `secret_url` where the address itself holds a key; one of them")
        self.refuse_host(urlsplit(self.address).hostname or "")
        if self.secret is not None and len(self.secret.reveal()) < 8:
            raise ValueError("`secret` has fewer than 8 characters: whoever guesses it can sign alarms of his own")
        return self
