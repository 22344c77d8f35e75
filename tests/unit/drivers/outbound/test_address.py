"""Which addresses a channel may reach."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.outbound.address import AddressPolicy, Reach, reach_of

NOTHING = AddressPolicy()
EVERYTHING = AddressPolicy(allow_private=True, allow_loopback=True)


@pytest.mark.parametrize(
    ("address", "reach"),
    [
        ("8.8.8.8", Reach.PUBLIC),
        ("2001:4860:4860::8888", Reach.PUBLIC),
        ("10.1.2.3", Reach.PRIVATE),
        ("172.31.255.255", Reach.PRIVATE),
        ("172.32.0.0", Reach.PUBLIC),
        ("192.168.0.1", Reach.PRIVATE),
        ("100.64.0.1", Reach.PRIVATE),
        ("198.18.0.5", Reach.PRIVATE),
        ("fd12::1", Reach.PRIVATE),
        ("127.0.0.1", Reach.LOOPBACK),
        ("127.255.0.3", Reach.LOOPBACK),
        ("::1", Reach.LOOPBACK),
        ("0.0.0.0", Reach.FORBIDDEN),
        ("0.1.2.3", Reach.FORBIDDEN),
        ("169.254.169.254", Reach.FORBIDDEN),
        ("100.100.100.200", Reach.FORBIDDEN),
        ("168.63.129.16", Reach.FORBIDDEN),
        ("192.0.0.192", Reach.FORBIDDEN),
        ("224.0.0.1", Reach.FORBIDDEN),
        ("255.255.255.255", Reach.FORBIDDEN),
        ("::", Reach.FORBIDDEN),
        ("fe80::1", Reach.FORBIDDEN),
        ("fe80::1%eth0", Reach.FORBIDDEN),
        ("ff02::1", Reach.FORBIDDEN),
        ("fd00:ec2::254", Reach.FORBIDDEN),
        ("::ffff:127.0.0.1", Reach.LOOPBACK),
        ("::ffff:169.254.169.254", Reach.FORBIDDEN),
        ("::127.0.0.1", Reach.LOOPBACK),
        ("64:ff9b::a9fe:a9fe", Reach.FORBIDDEN),
        ("2002:a9fe:a9fe::1", Reach.FORBIDDEN),
        ("2002:7f00:1::", Reach.LOOPBACK),
    ],
)
def test_every_address_has_its_kind(address: str, reach: Reach) -> None:
    assert reach_of(address) is reach


def test_private_and_loopback_are_allowed_each_on_its_own() -> None:
    assert not NOTHING.allows("10.0.0.1")
    assert AddressPolicy(allow_private=True).allows("10.0.0.1")
    assert not AddressPolicy(allow_private=True).allows("127.0.0.1")
    assert AddressPolicy(allow_loopback=True).allows("::1")
    assert not AddressPolicy(allow_loopback=True).allows("192.168.1.1")


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.0", "100.100.100.200", "nonsense"]
)
def test_some_addresses_are_never_allowed(address: str) -> None:
    assert not EVERYTHING.allows(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_in_ipv6_clothes_is_what_it_is(address: object) -> None:
    assert reach_of(f"::ffff:{address}") is reach_of(str(address))
    assert reach_of(f"64:ff9b::{address}") is reach_of(str(address))


@given(st.ip_addresses())
def test_the_default_allows_nothing_that_python_calls_private_or_local(address: object) -> None:
    text = str(address)
    if NOTHING.allows(text):
        assert not getattr(address, "is_loopback")  # noqa: B009
        assert not getattr(address, "is_link_local")  # noqa: B009
        assert not getattr(address, "is_multicast")  # noqa: B009


@pytest.mark.parametrize(
    ("address", "advice"), [("10.0.0.1", "allow_private"), ("127.0.0.1", "allow_loopback"), ("fe80::1", "never used")]
)
def test_the_hint_says_what_would_allow_it(address: str, advice: str) -> None:
    assert advice in NOTHING.hint([address])
