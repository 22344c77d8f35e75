"""Under which names and addresses the page may be opened: others are a foreign page's trick (DNS rebinding)."""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from gateway.config.apimodels import LOOPBACK_HOSTS, is_loopback
from gateway.config.plan import ApiPlan
from gateway.identity.machine import own_names


def host_of(header: str) -> str:
    """The host of a `Host` header, without its port; empty where there is none."""
    try:
        return (urlsplit(f"//{header}").hostname or "") if header else ""
    except ValueError:  # brackets that are no IPv6 address
        return ""


@dataclass(frozen=True, slots=True)
class OwnHosts:
    """The names that are ours. An address is ours where the connection came to it: that no page can make up."""

    names: frozenset[str]

    @classmethod
    def of(cls, plan: ApiPlan) -> "OwnHosts":
        """Loopback, `host`, `hosts`, and where others can reach it the machine's own names."""
        names = {*LOOPBACK_HOSTS, plan.host.lower(), *(host.lower() for host in plan.hosts)}
        return cls(frozenset(names | set(() if is_loopback(plan.host) else own_names())))

    def include(self, host: str, local: str = "") -> bool:
        """True for one of ours. `local`: the address of this machine that the connection came to."""
        address = _plain(host)
        return host in self.names or (address != "" and address == _plain(local))


def _plain(text: str) -> str:
    """An address in one spelling, an IPv4 one inside IPv6 as such; nothing for what is no address."""
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)
