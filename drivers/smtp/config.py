"""What the user writes for an e-mail channel."""

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from gateway.config import driver
from gateway.config.types import Duration, HintedError, Host, Secret

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
MAX_TIMEOUT_S = 14.0  # a channel answers within 15 s


class Encryption(StrEnum):
    """How the connection is encrypted."""

    STARTTLS = "starttls"  # port 587: plain first, then upgraded; without the upgrade nothing is sent
    TLS = "tls"  # port 465: from the first byte
    NONE = "none"  # port 25: only inside the own network


_PORTS = {Encryption.STARTTLS: 587, Encryption.TLS: 465, Encryption.NONE: 25}


def _checked_address(text: str) -> str:
    if not _ADDRESS.fullmatch(text) or ".." in text:
        raise HintedError("not an e-mail address", "only the address, without a name: `shift@park.example`")
    return text


Address = Annotated[str, AfterValidator(_checked_address)]


def _text(secret: Secret | None) -> str:
    return "" if secret is None else secret.reveal()


class ChannelOptions(driver.ChannelOptions):
    """One mail server and whom it brings messages to."""

    host: Host
    port: int | None = Field(None, ge=1, le=65535, description="default: 587, with `tls` 465, with `none` 25")
    encryption: Encryption = Encryption.STARTTLS
    ca: Path | None = Field(None, description="PEM file of the authority that signed the server's certificate")
    username: str | None = None
    password: Secret | None = None
    sender: Address = Field(alias="from")
    to: tuple[Address, ...] = Field(min_length=1, max_length=50)
    cc: tuple[Address, ...] = Field((), max_length=50)
    subject_prefix: str = Field("", max_length=40, description="like `[Park North]`")
    timeout: Duration = Field(14.0, gt=0, le=MAX_TIMEOUT_S, description="for one message, from connection to answer")

    @property
    def server_port(self) -> int:
        """The port that is connected to."""
        return self.port or _PORTS[self.encryption]

    @model_validator(mode="after")
    def _logs_in_safely(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("`username` and `password` go together")
        if not all(text.isascii() and text.isprintable() for text in (self.username or "", _text(self.password))):
            raise ValueError("`username` or `password` holds a line end or another foreign character")
        if self.password is not None and self.encryption is Encryption.NONE:
            raise ValueError("without encryption everybody on the way reads the password: remove it, or `starttls`")
        if self.ca is not None and self.encryption is Encryption.NONE:
            raise ValueError("`ca` without encryption: remove one of them")
        return self
