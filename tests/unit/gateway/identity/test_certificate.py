"""The certificate that the gateway makes: for this machine, for its user alone, renewed in time, trusted by OpenSSL."""

import ssl
import stat
import time
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.apireader import tls_context
from gateway.identity import certificate as certificates
from gateway.identity.machine import ipv4_addresses, ipv6_addresses, is_dns_name, own_addresses, own_names

DAY_NS = 86_400 * 10**9
NOW_NS = 1_795_334_400 * 10**9  # 2026-11-22T08:00Z
NEEDED = ("gateway.park.example", "0.0.0.0")
NAMES = ("localhost", "127.0.0.1", "::1", "192.0.2.7")


def ensure(directory: Path, needed: tuple[str, ...] = NEEDED, now_ns: int = NOW_NS) -> certificates.Certificate:
    files = certificates.ensure(directory, needed, NAMES, now_ns)
    return certificates.read(files.certificate, is_own=False)


def test_it_is_for_all_names_and_lasts_no_longer_than_browsers_accept(tmp_path: Path) -> None:
    made = ensure(tmp_path)
    assert set(made.names) == {"gateway.park.example", *NAMES}
    assert made.ends_ns - made.begins_ns <= 825 * DAY_NS
    assert made.begins_ns < NOW_NS < made.ends_ns


def test_the_key_is_for_its_user_alone_and_the_certificate_can_be_handed_out(tmp_path: Path) -> None:
    made = ensure(tmp_path)
    assert stat.S_IMODE((tmp_path / "tls.pem").stat().st_mode) == 0o600
    public = (tmp_path / "tls.crt").read_bytes()
    assert b"PRIVATE" not in public
    assert certificates.read(tmp_path / "tls.crt", is_own=False) == made


def test_the_fingerprint_is_the_one_that_openssl_computes(tmp_path: Path) -> None:
    made = ensure(tmp_path)
    der = ssl.PEM_cert_to_DER_cert((tmp_path / "tls.crt").read_text())
    assert made.fingerprint == sha256(der).digest().hex(":").upper()


def test_a_client_that_trusts_it_finds_the_right_names_in_it(tmp_path: Path) -> None:
    files = certificates.ensure(tmp_path, NEEDED, NAMES, time.time_ns())
    client, server = ssl.create_default_context(cafile=str(tmp_path / "tls.crt")), tls_context(files)
    assert handshake(client, server, "gateway.park.example") in ("TLSv1.2", "TLSv1.3")
    assert handshake(client, server, "192.0.2.7")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(client, server, "other.example")


def test_old_tls_is_refused(tmp_path: Path) -> None:
    server = tls_context(certificates.ensure(tmp_path, NEEDED, NAMES, NOW_NS))
    assert server.minimum_version is ssl.TLSVersion.TLSv1_2
    assert server.options & ssl.OP_NO_RENEGOTIATION


def test_another_start_keeps_it(tmp_path: Path) -> None:
    assert ensure(tmp_path) == ensure(tmp_path, now_ns=NOW_NS + 700 * DAY_NS)


@pytest.mark.parametrize("days", [800, 2000, -3], ids=["ends soon", "has ended", "the clock was wrong"])
def test_it_is_made_anew_when_it_is_worn(tmp_path: Path, days: int) -> None:
    old = ensure(tmp_path)
    fresh = ensure(tmp_path, now_ns=NOW_NS + days * DAY_NS)
    assert fresh.fingerprint != old.fingerprint
    assert not fresh.is_worn(NOW_NS + days * DAY_NS)


def test_it_is_made_anew_for_a_name_that_it_lacks(tmp_path: Path) -> None:
    old = ensure(tmp_path)
    fresh = ensure(tmp_path, ("second.example",))
    assert "second.example" in fresh.names
    assert fresh.fingerprint != old.fingerprint


@pytest.mark.parametrize(
    "damage", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_damaged_file_is_replaced(tmp_path: Path, damage: bytes) -> None:
    ensure(tmp_path)
    (tmp_path / "tls.pem").write_bytes(damage)
    assert ensure(tmp_path).names


def test_two_installations_have_different_keys(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert ensure(tmp_path / "a").fingerprint != ensure(tmp_path / "b").fingerprint


def test_the_owner_is_told_before_an_own_certificate_ends_and_the_gateway_minds_its_own(tmp_path: Path) -> None:
    ensure(tmp_path)
    own = certificates.read(tmp_path / "tls.pem", is_own=True)
    assert own.findings(NOW_NS) == []
    assert "ends in 9 days" in own.findings(own.ends_ns - 10 * DAY_NS + 1)[0]
    assert "has ended" in own.findings(own.ends_ns + DAY_NS)[0]
    assert certificates.read(tmp_path / "tls.pem", is_own=False).findings(own.ends_ns + DAY_NS) == []


def test_the_machine_knows_its_own_addresses() -> None:
    assert own_addresses()[:2] == ("127.0.0.1", "::1")
    assert own_names()[0] == "localhost"
    assert not any(address.startswith(("fe80", "169.254")) for address in own_addresses())


TRIE = """Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 192.0.2.0
        /24 link UNICAST
     |-- 192.0.2.7
        /32 host LOCAL
     |-- 192.0.2.255
        /32 link BROADCAST
"""


def test_addresses_are_read_as_linux_writes_them() -> None:
    assert [str(one) for one in ipv4_addresses(TRIE)] == ["192.0.2.7"]
    table = "fd000000000000000000000000000001 02 40 00 80     eth0\nnonsense\n"
    assert [str(one) for one in ipv6_addresses(table)] == ["fd00::1"]


@given(st.text(max_size=300))
def test_whatever_a_machine_is_called_a_certificate_can_be_made(name: str) -> None:
    is_dns_name(name)
    assert list(ipv4_addresses(name)) == []
    list(ipv6_addresses(name))


def test_names_that_no_certificate_can_hold_are_left_out() -> None:
    assert not any(map(is_dns_name, ["", "a..b", "-a", "büro", "a_b", "x" * 64, "*.example"]))
    assert certificates.make(("büro", "-a", "::", "x" * 300), NOW_NS)


def handshake(client: ssl.SSLContext, server: ssl.SSLContext, name: str) -> str | None:
    """The version that a client and a server agree on, without a network."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(6):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return ends[0].version()
