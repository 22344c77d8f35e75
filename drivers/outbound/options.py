"""What every channel that speaks HTTP lets the user write: time-out, trusted authority, which networks it may reach."""

from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, urlsplit

from pydantic import Field

from drivers.outbound.address import AddressPolicy, Reach, is_address, reach_of
from gateway.config.driver import ChannelOptions
from gateway.config.types import Duration, HintedError, Secret, checked_host

MAX_TIMEOUT_S = 14.0  # a channel answers within 15 s
_KEY_LENGTH = 12  # shorter pieces of a path are words


class HttpOptions(ChannelOptions):
    """The common options of HTTP channels."""

    timeout: Duration = Field(10.0, gt=0, le=MAX_TIMEOUT_S, description="for one message, from name to answer")
    ca: Path | None = Field(None, description="PEM file of the authority that signed the server's certificate")
    allow_private: bool = Field(False, description="may reach addresses of the own network: 10.*, 192.168.*, fd00::")
    allow_loopback: bool = Field(False, description="may reach services on the gateway itself")

    @property
    def policy(self) -> AddressPolicy:
        """Which addresses it may connect to."""
        return AddressPolicy(allow_private=self.allow_private, allow_loopback=self.allow_loopback)

    def refuse_host(self, host: str) -> None:
        """Raises HintedError for an address that can never be reached: link-local and the like, and the gateway itself
        without `allow_loopback`. Names are judged when they are resolved."""
        host = host.strip("[]")
        if not is_address(host):
            if host.rstrip(".").lower() != "localhost":
                return
            host = "127.0.0.1"
        if reach_of(host) in (Reach.FORBIDDEN, Reach.LOOPBACK) and not self.policy.allows(host):
            raise HintedError(f"address `{host}` is not allowed here", self.policy.hint([host]))


def checked_url(text: str, example: str) -> SplitResult:
    """An http or https address that requests can be sent to as it is. Raises HintedError, without showing the text."""
    if not text.isascii() or not text.isprintable() or " " in text:
        raise HintedError("an address with a blank, line end or foreign character", f"write it like `{example}`")
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise HintedError("not an address of the web", f"write it like `{example}`") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise HintedError("not an address of the web (http or https)", f"write it like `{example}`")
    checked_host(parts.hostname)
    if parts.username is not None or parts.password is not None:
        raise HintedError("no user or password in the address", "write an `Authorization` header where one is needed")
    if parts.fragment:
        raise HintedError("no `#` in the address", f"write it like `{example}`")
    return parts


def checked_robot_url(secret: Secret, example: str) -> Secret:
    """The address of a robot, which holds its key. Raises HintedError, without showing it."""
    parts = checked_url(secret.reveal(), example)
    if parts.scheme != "https" and parts.hostname in {"qyapi.weixin.qq.com", "oapi.dingtalk.com", "open.feishu.cn"}:
        raise HintedError("http would show the robot's key to everybody on the way", f"write it like `{example}`")
    return secret


def origin(url: str) -> str:
    """Scheme, host and port: all that may be shown of an address that holds a key."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rsplit('@', 1)[-1]}"


def shown_url(url: str) -> str:
    """An address without user and query."""
    return origin(url) + urlsplit(url).path


def url_secrets(url: str) -> tuple[str, ...]:
    """What must not be shown of an address that holds a key: its path and query, whole and in parts."""
    parts = urlsplit(url)
    pieces = [piece for piece in parts.path.split("/") if len(piece) >= _KEY_LENGTH]
    values = [value for _, value in parse_qsl(parts.query)]
    return (url, parts.query, *values, *pieces)
