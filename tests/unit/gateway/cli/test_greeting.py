"""What a start prints: an address that can be opened, the fingerprint to compare, the code while nobody may sign in."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.cli import greeting as module
from gateway.cli.greeting import greeting, shown_hosts
from gateway.config.plan import ApiPlan
from gateway.identity.certificate import Certificate

MADE = Certificate("AB:CD", ("localhost",), 0, 1_866_565_296 * 10**9, is_own=False)


def plan(host: str, *hosts: str, has_tls: bool = True) -> ApiPlan:
    return ApiPlan(host, 8443, Path("socket"), has_tls=has_tls, hosts=hosts)


def gateway(api: ApiPlan, certificate: Certificate | None, code: str | None) -> Any:
    setup = SimpleNamespace(text=code, path=Path("data/setup-code"))
    return SimpleNamespace(
        plan=SimpleNamespace(api=api), certificate=certificate, identities=SimpleNamespace(setup_code=setup)
    )


def test_a_first_start_in_the_network_says_address_fingerprint_and_code() -> None:
    lines = list(greeting(gateway(plan("192.0.2.5", "gw.example"), MADE, "abcd-efgh"), "192.0.2.5", 8443))
    assert lines[:3] == [
        "page: https://gw.example:8443/",
        "page: https://192.0.2.5:8443/",
        "certificate: SHA-256 AB:CD",
    ]
    assert "until 2029-02-23" in lines[3]
    assert "abcd-efgh" in lines[4]
    assert "data/setup-code" in lines[4]


def test_a_later_start_on_this_machine_says_the_address_alone() -> None:
    lines = list(greeting(gateway(plan("127.0.0.1", has_tls=False), None, None), "127.0.0.1", 8080))
    assert lines == ["page: http://127.0.0.1:8080/"]


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("0.0.0.0", ["192.0.2.7"]),
        ("::", ["192.0.2.7", "fd00::7"]),
        ("fd00::7", ["fd00::7"]),
    ],
)
def test_who_listens_everywhere_shows_addresses_that_others_can_open(
    host: str, shown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "own_addresses", lambda: ("127.0.0.1", "::1", "192.0.2.7", "fd00::7"))
    assert shown_hosts(plan(host), host) == shown


def test_a_machine_without_a_network_shows_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "own_addresses", lambda: ("127.0.0.1", "::1"))
    assert shown_hosts(plan("0.0.0.0"), "0.0.0.0") == ["localhost"]


def test_an_ipv6_address_stands_in_brackets() -> None:
    assert next(greeting(gateway(plan("fd00::7"), MADE, None), "fd00::7", 8443)) == "page: https://[fd00::7]:8443/"
