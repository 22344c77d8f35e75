"""Keys and open streams after their account became somebody else's, and lock-out beside other people."""

from typing import Any

import pytest

from gateway.identity.attempts import FREE_BY_ADDRESS, Attempts
from gateway.identity.keys import KeyWanted
from gateway.identity.principal import Principal
from gateway.identity.refusals import NotSignedIn
from gateway.identity.roles import Permission, Role
from gateway.store import identities as stored

from .conftest import HERE, PASSWORD, Door, ManualClock


async def key_of(door: Door, account: str, enterprise: str | None = None) -> tuple[str, Principal]:
    keys = door.identities.keys
    _, text = await keys.make(KeyWanted("Grafana", account, {Permission.READ}, 30, enterprise))
    return text, keys.principal(*keys.find(text), "192.0.2.7")


async def test_a_stream_that_was_opened_with_a_key_ends_when_the_account_may_see_less(door: Door) -> None:
    await door.account("anna")
    _, whole_park = await key_of(door, "anna")
    assert door.identities.holds(whole_park)
    await door.identities.accounts.change("anna", role="enterprise", enterprise="huali")
    assert not door.identities.holds(whole_park)


async def test_a_key_for_one_enterprise_never_becomes_one_for_another(door: Door) -> None:
    await door.account("anna")
    text, of_dongyue = await key_of(door, "anna", "dongyue")
    await door.identities.accounts.change("anna", role="enterprise", enterprise="huali")
    with pytest.raises(NotSignedIn, match="another enterprise"):
        door.identities.keys.find(text)
    assert not door.identities.holds(of_dongyue)
    assert not door.identities.keys.holds(of_dongyue.credential)


async def test_the_use_of_a_key_from_two_places_is_stored_once_a_minute_at_most(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await door.account("anna")
    text, _ = await key_of(door, "anna")
    written: list[object] = []
    change = stored.change

    def counted(db: Any, row: Any) -> None:
        written.append(row)
        change(db, row)

    monkeypatch.setattr(stored, "change", counted)
    for number in range(20):
        await door.identities.keys.touch(door.identities.keys.find(text)[1], f"192.0.2.{number % 2}")
    assert len(written) == 1
    door.clock.move(61)
    await door.identities.keys.touch(door.identities.keys.find(text)[1], "192.0.2.9")
    assert (len(written), door.identities.keys.find(text)[1].used_origin) == (2, "192.0.2.9")


async def test_an_account_whose_enterprise_left_the_park_can_still_be_disabled(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await door.account("h", Role.ENTERPRISE, enterprise="huali", password=PASSWORD)
    plan = door.identities.directory.plan()
    monkeypatch.setattr(plan, "enterprises", tuple(one for one in plan.enterprises if one.id != "huali"))
    monkeypatch.setattr(door.identities.directory, "plan", lambda: plan)
    await door.identities.accounts.change("h", is_disabled=True)
    with pytest.raises(NotSignedIn):
        await door.identities.sign_in("h", PASSWORD, HERE)


def test_whoever_signed_in_from_here_before_is_not_locked_out_by_others_who_fail_here() -> None:
    attempts = Attempts(ManualClock())
    assert attempts.begin("anna", "192.0.2.7") == 0
    attempts.succeed("anna", "192.0.2.7")
    for number in range(FREE_BY_ADDRESS):
        attempts.begin(f"nobody-{number}", "192.0.2.7")
    assert attempts.begin("nobody", "192.0.2.7") > 0
    assert attempts.begin("anna", "192.0.2.7") == 0


def test_the_addresses_of_one_network_of_ipv6_count_as_one() -> None:
    attempts = Attempts(ManualClock())
    waits = [attempts.begin(f"nobody-{number}", f"2001:db8:0:1::{number:x}") for number in range(FREE_BY_ADDRESS + 1)]
    assert [wait > 0 for wait in waits] == [False] * FREE_BY_ADDRESS + [True]
    assert attempts.begin("nobody", "2001:db8:0:2::1") == 0
    assert attempts.begin("nobody", "192.0.2.7") == 0
    assert attempts.begin("nobody", "::ffff:198.51.100.9") == 0
