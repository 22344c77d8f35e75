"""Under which names the page may be opened."""

import socket
from pathlib import Path

import pytest

from gateway.api.hosts import OwnHosts, host_of
from gateway.config.plan import ApiPlan


def hosts(host: str, *more: str) -> OwnHosts:
    return OwnHosts.of(ApiPlan(host, 8443, Path("socket"), hosts=more))


def test_a_wildcard_bind_takes_the_machines_names_those_configured_and_the_address_that_was_connected_to() -> None:
    own = hosts("0.0.0.0", "gw.example", "203.0.113.10")
    assert own.include("gw.example", "192.0.2.7")
    assert own.include("203.0.113.10", "192.0.2.7")
    assert own.include("192.0.2.7", "192.0.2.7")
    assert own.include("192.0.2.7", "::ffff:192.0.2.7")
    assert own.include("fd00::7", "fd00:0:0::7")
    assert own.include(socket.gethostname().lower(), "192.0.2.7")


@pytest.mark.parametrize("host", ["evil.example", "192.0.2.8", "", "nonsense", "0.0.0.0.evil.example"])
@pytest.mark.parametrize("local", ["192.0.2.7", "", "nonsense"])
def test_other_names_are_a_foreign_pages_trick(host: str, local: str) -> None:
    assert not hosts("0.0.0.0", "gw.example").include(host, local)


def test_a_gateway_of_this_machine_alone_is_not_called_by_the_machines_name() -> None:
    own = hosts("127.0.0.1")
    assert own.include("localhost", "127.0.0.1")
    assert not own.include("some-machine.example", "127.0.0.1")


@pytest.mark.parametrize(
    ("header", "host"), [("a.example:8443", "a.example"), ("[::1]:80", "::1"), ("[::1", ""), ("", ""), ("A.B", "a.b")]
)
def test_the_port_of_a_host_header_does_not_count(header: str, host: str) -> None:
    assert host_of(header) == host
