"""The names and addresses of this machine, as Linux shows them: what a certificate made here is for.

From /proc/net and not over netlink, because the service's unit allows no such socket.
"""

import socket
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

_NET = Path("/proc/net")


def own_names() -> tuple[str, ...]:
    """`localhost`, the host's name, and that name as multicast DNS knows it (RFC 6762)."""
    name = socket.gethostname().lower()
    names = [name, name if "." in name else f"{name}.local"]
    return tuple(dict.fromkeys(["localhost", *filter(is_dns_name, names)]))


def own_addresses() -> tuple[str, ...]:
    """Every address but link-local ones, which browsers cannot open. Those of loopback come first."""
    found: list[IPv4Address | IPv6Address] = [IPv4Address("127.0.0.1"), IPv6Address("::1")]
    with suppress(OSError):
        found += ipv4_addresses((_NET / "fib_trie").read_text("ascii", "replace"))
    with suppress(OSError):
        found += ipv6_addresses((_NET / "if_inet6").read_text("ascii", "replace"))
    usable = [one for one in found if not (one.is_link_local or one.is_multicast or one.is_unspecified)]
    return tuple(dict.fromkeys(str(one) for one in usable))


def ipv4_addresses(trie: str) -> Iterator[IPv4Address]:
    """The local addresses in the text of /proc/net/fib_trie: a leaf, and below it `/32 host LOCAL`."""
    leaf = ""
    for line in trie.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] == "|--":
            leaf = words[1]
        elif words == ["/32", "host", "LOCAL"] and leaf:
            with suppress(ValueError):
                yield IPv4Address(leaf)


def ipv6_addresses(table: str) -> Iterator[IPv6Address]:
    """The addresses in the text of /proc/net/if_inet6: 32 hexadecimal digits at the beginning of each line."""
    for line in table.splitlines():
        with suppress(ValueError):
            yield IPv6Address(bytes.fromhex(line[:32]))


def is_dns_name(name: str) -> bool:
    """True for what may stand in a certificate as a name (RFC 5890: letters, digits, hyphens)."""
    labels = name.split(".")
    return len(name) <= 253 and all(
        0 < len(label) <= 63 and label.isascii() and label.replace("-", "a").isalnum() and label.strip("-") == label
        for label in labels
    )
