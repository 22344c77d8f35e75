"""What a gateway that starts says to the person in front of it: the page's address, its certificate, the setup code."""

from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING

from gateway.config.apimodels import LOOPBACK_HOSTS
from gateway.identity.machine import own_addresses

if TYPE_CHECKING:
    from gateway.config.plan import ApiPlan
    from gateway.identity.certificate import Certificate
    from gateway.pipeline.engine import Gateway

_MOST_ADDRESSES = 4


def greeting(gateway: "Gateway", host: str, port: int) -> Iterator[str]:
    """Lines for the person; `host` and `port` are those of the listening socket."""
    scheme = "https" if gateway.plan.api.has_tls else "http"
    for shown in shown_hosts(gateway.plan.api, host):
        yield f"page: {scheme}://{f'[{shown}]' if ':' in shown else shown}:{port}/"
    if gateway.certificate is not None:
        yield from _of_certificate(gateway.certificate)
    code = gateway.identities.setup_code
    if code.text is not None:
        yield f"setup code: {code.text}   (nobody may sign in yet: the page asks for it; it is in {code.path} too)"


def shown_hosts(plan: "ApiPlan", host: str) -> list[str]:
    """Under which hosts to open the page: where it listens everywhere, those that others can use."""
    listening = ip_address(host.split("%", maxsplit=1)[0])
    if not listening.is_unspecified:
        return [*plan.hosts, host]
    addresses = [
        one for one in own_addresses() if one not in LOOPBACK_HOSTS and ip_address(one).version <= listening.version
    ]
    return [*plan.hosts, *addresses][:_MOST_ADDRESSES] or [LOOPBACK_HOSTS[0]]


def _of_certificate(certificate: "Certificate") -> Iterator[str]:
    yield f"certificate: SHA-256 {certificate.fingerprint}"
    ends = f"until {datetime.fromtimestamp(certificate.ends_ns // 10**9, UTC):%Y-%m-%d}"
    if certificate.is_own:
        yield f"             {ends}"
    else:
        yield f"             {ends}, made by this gateway: the browser warns once; compare this fingerprint, then go on"
