"""Which addresses a channel may connect to: a gateway must not be made to ask the services beside it (SSRF).

Four kinds of addresses. Public ones are always allowed. Private ones (RFC 1918, unique local, carrier-grade NAT) and
loopback are allowed where the channel says so. Link-local, multicast, unspecified and reserved ones and the metadata
services of clouds are never allowed: no receiver of alarms is there, but secrets of the machine are.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network


class Reach(StrEnum):
    """What kind of place an address is."""

    PUBLIC = "public"
    PRIVATE = "private"
    LOOPBACK = "loopback"
    FORBIDDEN = "forbidden"


_FORBIDDEN = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",  # "this network", reaches the own host (RFC 1122, 3.2.1.3)
        "169.254.0.0/16",  # link-local (RFC 3927); 169.254.169.254 is the metadata service of most clouds
        "192.0.0.0/24",  # IETF protocol assignments (RFC 6890); metadata of Oracle Cloud
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        "100.100.100.200/32",  # metadata of Alibaba Cloud, inside the carrier-grade NAT range
        "168.63.129.16/32",  # the host's own service in Azure
        "::/128",  # unspecified
        "fe80::/10",  # link-local (RFC 4291, 2.5.6)
        "fec0::/10",  # site-local, withdrawn (RFC 3879)
        "ff00::/8",  # multicast
        "fd00:ec2::254/128",  # metadata of AWS
        "fd20:ce::254/128",  # metadata of Google Cloud
    )
)
_PRIVATE = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",  # RFC 1918
        "100.64.0.0/10",  # carrier-grade NAT (RFC 6598)
        "198.18.0.0/15",  # benchmarking (RFC 2544): what proxies with made-up addresses answer with
        "fc00::/7",  # unique local (RFC 4193)
    )
)
_NAT64 = ip_network("64:ff9b::/96")  # RFC 6052
_COMPATIBLE = ip_network("::/96")  # IPv4-compatible, withdrawn (RFC 4291, 2.5.5.1)


def reach_of(text: str) -> Reach:
    """The kind of an address in its textual form, of the IPv4 address inside it where there is one.

    Raises ValueError for what is no address.
    """
    address = ip_address(text)
    if isinstance(address, IPv6Address):
        address = _unwrapped(address)
    if any(address in network for network in _FORBIDDEN):
        return Reach.FORBIDDEN
    if address.is_loopback:
        return Reach.LOOPBACK
    if any(address in network for network in _PRIVATE):
        return Reach.PRIVATE
    return Reach.PUBLIC


def _unwrapped(address: IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 one carries: mapped, 6to4, Teredo, NAT64, compatible."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """What one channel may reach."""

    allow_private: bool = False
    allow_loopback: bool = False

    def allows(self, text: str) -> bool:
        """True where a connection to this address may be made; False also for what is no address."""
        try:
            reach = reach_of(text)
        except ValueError:
            return False
        return (
            reach is Reach.PUBLIC
            or (reach is Reach.PRIVATE and self.allow_private)
            or (reach is Reach.LOOPBACK and self.allow_loopback)
        )

    def hint(self, addresses: Iterable[str]) -> str:
        """What to do so that one of these addresses, all refused, could be reached."""
        kinds = {reach_of(text) for text in addresses}
        if Reach.PRIVATE in kinds:
            return "if this machine of your own network is meant, set `allow_private: true`"
        if Reach.LOOPBACK in kinds:
            return "if a service on the gateway itself is meant, set `allow_loopback: true`"
        return "link-local, multicast and metadata addresses are never used: is the name right, and the name server?"


def is_address(host: str) -> bool:
    """True for an IP address, False for a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
