"""What the user writes for an InfluxDB sink."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from drivers.outbound.address import Reach, is_address, reach_of
from gateway.config.driver import SinkOptions as BaseSinkOptions
from gateway.config.types import ByteSize, Duration, Secret, checked_host


class Api(StrEnum):
    """Which write API the server is asked through; the lines and the handling of answers are the same in all three."""

    V1 = "v1"  # /write: InfluxDB 1.x
    V2 = "v2"  # /api/v2/write: InfluxDB 1.8+, 2, 3, VictoriaMetrics
    V3 = "v3"  # /api/v3/write_lp: InfluxDB 3


def _server_url(text: str) -> str:
    """The address without a trailing slash. Raises ValueError where requests could not be built from it."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("expected the server's address, like `http://127.0.0.1:8086`")
    checked_host(parts.hostname)
    if is_address(parts.hostname) and reach_of(parts.hostname) is Reach.FORBIDDEN:
        raise ValueError("link-local, multicast and metadata addresses are no database: is the address right?")
    if parts.username is not None or parts.password is not None:
        raise ValueError("no user or password in the address: write `username` and `password`, or `token`, beside it")
    if parts.query or parts.fragment:
        raise ValueError("only scheme, host, port and path: write `bucket` or `database` beside it")
    if parts.path.rstrip("/").endswith(("/write", "/write_lp", "/api/v2", "/api/v3")):
        raise ValueError("the address of the server only: the write path follows from `api`")
    return text.rstrip("/")


def _header_safe(secret: Secret) -> Secret:
    """Refuse what cannot stand in a request header, without showing it."""
    text = secret.reveal()
    if not text or not text.isascii() or not text.isprintable() or text != text.strip():
        raise ValueError("empty, or with a blank, line end or other foreign character (is the file or variable right?)")
    return secret


ServerUrl = Annotated[str, AfterValidator(_server_url)]
Token = Annotated[Secret, AfterValidator(_header_safe)]


class SinkOptions(BaseSinkOptions):
    """One InfluxDB server. `bucket` goes with api v2, `database` with v1 and v3."""

    url: ServerUrl
    api: Api = Api.V2
    org: str = ""
    bucket: str = ""
    token: Token | None = None
    database: str = ""
    retention_policy: str = ""
    username: str = ""
    password: Secret | None = None
    timeout: Duration = Field(10.0, gt=0, le=600)
    verify_tls: bool = True
    ca: Path | None = None  # PEM file of the authority that signed the server's certificate
    max_lines: int = Field(5000, ge=1, le=100_000)
    max_body: ByteSize = Field(1 << 20, ge=1 << 10, le=10 << 20)  # before compression; InfluxDB 3 takes no more
    gzip: bool = True
    text_fields: bool = True  # false for VictoriaMetrics, which stores every text as the number 0
    watch_rejects: bool = False  # compare VictoriaMetrics' own count of refused rows, because its 204 proves nothing

    @property
    def target(self) -> str:
        """Where lines go, for messages: ``bucket `park```."""
        if self.api is Api.V2:
            return f"bucket `{self.bucket}`"
        policy = f", retention policy `{self.retention_policy}`" if self.retention_policy else ""
        return f"database `{self.database}`{policy}"

    @model_validator(mode="after")
    def _names_its_target(self) -> Self:
        if self.api is Api.V2 and not self.bucket:
            raise ValueError(
                "`bucket` is missing: api v2 writes into a bucket (InfluxDB 1.8: `bucket: database/retention_policy`; "
                "VictoriaMetrics: any name; InfluxDB before 1.8: `api: v1` and `database`)"
            )
        if self.api is Api.V2 and (self.database or self.retention_policy):
            raise ValueError("`database` and `retention_policy` belong to `api: v1` or v3: api v2 has `bucket`")
        if self.api is not Api.V2 and not self.database:
            raise ValueError(f"`database` is missing: api {self.api} writes into a database")
        if self.api is not Api.V2 and (self.bucket or self.org):
            raise ValueError(f"`bucket` and `org` belong to `api: v2`: api {self.api} has `database`")
        if self.retention_policy and self.api is not Api.V1:
            raise ValueError("`retention_policy` belongs to `api: v1`")
        return self

    @model_validator(mode="after")
    def _signs_in_one_way(self) -> Self:
        if (self.username or self.password) and self.api is not Api.V1:
            raise ValueError(
                "`username` and `password` belong to `api: v1` (InfluxDB 1.8 on v2: `token: user:password`)"
            )
        if bool(self.username) != bool(self.password):
            raise ValueError("`username` and `password` go together")
        if self.username and self.token:
            raise ValueError("`token` or `username` and `password`, not both")
        return self

    @model_validator(mode="after")
    def _verifies_or_not(self) -> Self:
        if self.ca and not self.verify_tls:
            raise ValueError("`ca` without verification: remove `ca`, or `verify_tls: false`")
        return self
