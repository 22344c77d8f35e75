"""Where a device that somebody tries from the page may be: a gateway must not be made to ask what is beside it (SSRF).

Devices are in private networks and on this machine, so those are allowed; link-local and metadata addresses and the
gateway's own page are not. New places are tried at a measured pace: this is no port scanner.
"""

import asyncio
import re
import socket
from collections import deque
from collections.abc import Mapping
from typing import Any

from drivers.outbound.address import Reach, reach_of
from gateway.config.plan import ApiPlan
from gateway.core.clock import Clock
from gateway.core.errors import Rejected, Unavailable

RESOLVE_S = 5.0
PLACES = 10  # new ones within `WINDOW_S`
WINDOW_S = 60.0
MOST_DEEP = 6  # levels of a device's own keys
_SERIAL = re.compile(r"/dev/(?:tty|serial/)[\w./:+-]+")
_FILES = frozenset({"ca_file", "cert_file", "key_file", "ca", "cert", "key"})


class NotReachable(Rejected):
    """A place that is never tried; `field` is where it is written."""

    def __init__(self, field: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.field = field


class Pace:
    """How many places were tried lately."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tried: deque[tuple[float, str]] = deque()

    def take(self, place: str) -> None:
        """Raises Unavailable where too many others were tried in the last minute."""
        now = self._clock.monotonic()
        while self._tried and now - self._tried[0][0] >= WINDOW_S:
            self._tried.popleft()
        if len({known for _, known in self._tried} | {place}) > PLACES:
            wait_s = WINDOW_S - (now - self._tried[0][0])
            message = f"{PLACES} different addresses were tried within a minute"
            raise Unavailable(message, f"wait {wait_s:.0f} s", retry_after_s=wait_s)
        self._tried.append((now, place))


def check_texts(value: object, secrets: frozenset[str], field: str = "") -> None:
    """Refuse what would read the machine's own files or variables. Raises NotReachable at its field."""
    if field.count(".") > MOST_DEEP:
        raise NotReachable(field.split(".", 1)[0], "nested too deeply", "write it into park.yaml by hand")
    if isinstance(value, Mapping):
        for key, inner in value.items():
            own = f"{field}.{key}".lstrip(".")
            if inner is not None and (key in secrets or key in _FILES):
                hint = "write it into park.yaml by hand, as `${NAME}` or `file:`: passwords and files do not pass here"
                raise NotReachable(own, f"`{key}` cannot be set from the page", hint)
            check_texts(inner, secrets, own)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            check_texts(inner, secrets, f"{field}.{place}")
    elif isinstance(value, str) and "${" in value:
        raise NotReachable(field, "variables of the machine cannot be used from the page", "write the value itself")


async def check_connection(options: Any, api: ApiPlan, pace: Pace) -> Any:
    """The options of a new connection, its host as an address that was looked at. Raises NotReachable, Unavailable.

    A name is looked up once, here: the driver must not get another answer.
    """
    device = getattr(options, "device", "")
    if getattr(options, "is_serial_port", False):
        if not _SERIAL.fullmatch(device) or ".." in device:
            raise NotReachable("connection.device", f"`{device[:100]}` is no serial port", "for example /dev/ttyUSB0")
        return options
    host, port = getattr(options, "host", None), getattr(options, "port", 0)
    if not isinstance(host, str):
        return options
    pace.take(f"{host}:{port}")
    addresses = await _addresses(host, port)
    for address in addresses:
        reach = reach_of(address)
        if reach is Reach.FORBIDDEN:
            hint = "link-local, multicast and metadata addresses are never used: is the name right?"
            raise NotReachable("connection.host", f"no device is at {address}", hint)
        if port == api.port and (reach is Reach.LOOPBACK or address in (api.host, *api.hosts)):
            raise NotReachable("connection.port", "this is the gateway's own page", "which port has the device?")
    has_tls = getattr(options, "transport", "") == "tls" or getattr(options, "tls", None) is not None
    return options if has_tls else options.model_copy(update={"host": addresses[0]})  # TLS compares the name


async def _addresses(host: str, port: int) -> list[str]:
    try:
        async with asyncio.timeout(RESOLVE_S):
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, TimeoutError, UnicodeError):
        raise NotReachable("connection.host", f"no address is known for `{host[:100]}`", "is the name right?") from None
    return list(dict.fromkeys(str(one[4][0]).partition("%")[0] for one in found))
