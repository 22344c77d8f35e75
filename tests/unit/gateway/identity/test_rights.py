"""Sessions and keys: how long they last, what ends them, what they may; accounts and what does not fit together."""

from datetime import date
from typing import Any

import pytest

from gateway.core.errors import Rejected
from gateway.identity.accounts import AccountWanted
from gateway.identity.keys import KeyWanted
from gateway.identity.refusals import NotSignedIn, Unknown
from gateway.identity.roles import GRANTED, KEY_SCOPES, Permission, Role
from gateway.store import identities as store
from gateway.store.state import State

from .conftest import HERE, PASSWORD, Door

HOUR_S = 3600


async def signed_in(door: Door, name: str) -> str:
    token, _ = await door.identities.accounts.link(name)
    return (await door.identities.redeem(token, HERE)).token


async def key(door: Door, account: str, *scopes: Permission, days: int = 30, **more: Any) -> tuple[str, str]:
    made, text = await door.identities.keys.make(KeyWanted("Grafana", account, scopes, days, **more))
    return made.id, text


async def test_a_session_ends_after_thirty_minutes_without_a_request(door: Door) -> None:
    await door.account("anna")
    token = await signed_in(door, "anna")
    for _ in range(3):
        door.clock.move(29 * 60)
        _, session = door.identities.sessions.find(token) or pytest.fail("ended too early")
        await door.identities.sessions.touch(session)
    door.clock.move(30 * 60)
    assert door.identities.sessions.find(token) is None


async def test_a_session_ends_after_twelve_hours_however_busy(door: Door) -> None:
    await door.account("anna")
    token = await signed_in(door, "anna")
    busy_s = 0
    while found := door.identities.sessions.find(token):
        await door.identities.sessions.touch(found[1])
        door.clock.move(600)
        busy_s += 600
    assert busy_s == 12 * HOUR_S


async def test_that_somebody_is_there_is_stored_once_a_minute_at_most(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await door.account("anna")
    token = await signed_in(door, "anna")
    changed: list[object] = []
    monkeypatch.setattr(store, "change", lambda db, row: changed.append(row))
    for _ in range(180):
        door.clock.move(1)
        _, session = door.identities.sessions.find(token) or pytest.fail("ended")
        await door.identities.sessions.touch(session)
    assert len(changed) == 3


async def test_a_screen_on_the_wall_stays_and_only_looks(door: Door) -> None:
    await door.account("hall", Role.VIEWER, is_wall=True)
    token = await signed_in(door, "hall")
    door.clock.move(300 * 24 * HOUR_S)
    account, session = door.identities.sessions.find(token) or pytest.fail("ended")
    principal = door.identities.sessions.principal(account, session, "192.0.2.7")
    assert principal.permissions == {Permission.PUBLIC, Permission.SELF, Permission.READ}
    with pytest.raises(Rejected, match="no password"):
        await door.identities.accounts.set_password(account, PASSWORD)


@pytest.mark.parametrize(
    "change",
    [
        {"is_disabled": True},
        {"role": "viewer"},
        {"valid_until": "2026-11-21"},
        {"role": "enterprise", "enterprise": "huali"},
    ],
)
async def test_whoever_loses_a_right_loses_the_session_at_once_and_for_good(door: Door, change: dict[str, Any]) -> None:
    await door.account("anna")
    token = await signed_in(door, "anna")
    await door.identities.accounts.change("anna", **change)
    assert door.identities.sessions.find(token) is None
    assert (await door.again()).sessions.find(token) is None


async def test_a_removed_account_loses_sessions_keys_and_links(door: Door) -> None:
    await door.account("anna")
    token = await signed_in(door, "anna")
    _, text = await key(door, "anna", Permission.READ)
    link, _ = await door.identities.accounts.link("anna")
    await door.identities.accounts.remove("anna")
    for identities in (door.identities, await door.again()):
        assert identities.sessions.find(token) is None
        with pytest.raises(NotSignedIn):
            identities.keys.find(text)
        with pytest.raises(NotSignedIn):
            await identities.redeem(link, HERE)


async def test_a_name_that_is_given_again_is_another_person(door: Door) -> None:
    await door.account("anna")
    first = door.identities.accounts.get("anna").id
    await door.identities.accounts.remove("anna")
    await door.account("anna")
    assert door.identities.accounts.get("anna").id > first


async def test_an_account_is_valid_until_its_last_day_ends_at_the_site(door: Door) -> None:
    await door.account("wang", Role.AUDITOR, valid_until=date(2026, 11, 22))
    account = door.identities.accounts.get("wang")
    door.clock.move(12 * HOUR_S - 1)
    assert door.identities.directory.is_usable(account)
    door.clock.move(1)
    assert not door.identities.directory.is_usable(account)


@pytest.mark.parametrize("day", [date(1, 1, 1), date(1969, 12, 31), date(2026, 11, 21), date(2201, 1, 1), date.max])
async def test_no_account_begins_with_a_day_that_is_over_or_that_no_clock_reaches(door: Door, day: date) -> None:
    with pytest.raises(Rejected, match="valid_until"):
        await door.account("wang", Role.AUDITOR, valid_until=day)
    await door.account("wang", Role.AUDITOR, valid_until=date(2200, 12, 31))
    assert door.identities.directory.is_usable(door.identities.accounts.get("wang"))


async def test_a_change_to_a_day_that_no_clock_reaches_is_refused(door: Door) -> None:
    await door.account("anna")
    with pytest.raises(Rejected, match="the year 9999"):
        await door.identities.accounts.change("anna", valid_until="9999-12-31")
    assert door.identities.accounts.get("anna").valid_until is None


async def test_another_password_ends_the_other_sessions_and_the_links(door: Door) -> None:
    await door.account("anna", password=PASSWORD)
    other = await signed_in(door, "anna")
    link, _ = await door.identities.accounts.link("anna")
    own = await door.identities.sign_in("anna", PASSWORD, HERE)
    await door.identities.accounts.set_password(own.account, "other words that differ", keep=own.session)
    assert door.identities.sessions.find(own.token)
    assert door.identities.sessions.find(other) is None
    with pytest.raises(NotSignedIn):
        await door.identities.redeem(link, HERE)


async def test_a_role_that_changes_while_the_password_is_looked_at_is_the_new_one(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await door.account("anna", password=PASSWORD)
    is_right = door.identities.passwords.is_right

    async def slowly(hashed: str, password: str) -> bool:
        found = await is_right(hashed, password)
        await door.identities.accounts.change("anna", role="viewer")
        return found

    monkeypatch.setattr(door.identities.passwords, "is_right", slowly)
    opened = await door.identities.sign_in("anna", PASSWORD, HERE)
    assert (opened.account.role, door.identities.accounts.get("anna").role) == ("viewer", "viewer")


async def test_an_account_has_so_many_sessions_and_the_one_not_used_for_longest_ends(door: Door) -> None:
    await door.account("anna")
    tokens = []
    for _ in range(22):
        tokens.append(await signed_in(door, "anna"))
        door.clock.move(1)
    assert [door.identities.sessions.find(token) is None for token in tokens] == [True] * 2 + [False] * 20


async def test_a_key_has_what_its_scopes_and_its_account_both_may(door: Door) -> None:
    await door.account("anna", Role.ENGINEER)
    _, text = await key(door, "anna", Permission.READ, Permission.RULES)
    account, found = door.identities.keys.find(text)
    principal = door.identities.keys.principal(account, found, "192.0.2.7")
    assert principal.permissions == {Permission.PUBLIC, Permission.READ, Permission.RULES}
    await door.identities.accounts.change("anna", role="viewer")
    account, found = door.identities.keys.find(text)
    assert door.identities.keys.principal(account, found, "").permissions == {Permission.PUBLIC, Permission.READ}


async def test_a_key_sees_its_enterprise_only_and_never_more_than_its_account(door: Door) -> None:
    await door.account("anna")
    await door.account("h", Role.ENTERPRISE, enterprise="huali")
    _, limited = await key(door, "anna", Permission.READ, enterprise="dongyue")
    _, own = await key(door, "h", Permission.READ)
    seen = [door.identities.keys.principal(*door.identities.keys.find(text), "").enterprise for text in (limited, own)]
    assert seen == ["dongyue", "huali"]
    with pytest.raises(Rejected, match="sees only"):
        await key(door, "h", Permission.READ, enterprise="dongyue")


@pytest.mark.parametrize("scope", sorted(set(Permission) - KEY_SCOPES))
async def test_no_key_makes_accounts_approves_or_is_a_person(door: Door, scope: Permission) -> None:
    await door.account("anna", Role.ADMINISTRATOR)
    with pytest.raises(Rejected, match="is not for a key"):
        await key(door, "anna", scope)


@pytest.mark.parametrize("days", [0, -1, 732])
async def test_a_key_expires_and_within_two_years(door: Door, days: int) -> None:
    await door.account("anna")
    with pytest.raises(Rejected, match="731"):
        await key(door, "anna", Permission.READ, days=days)


async def test_a_key_that_expired_was_removed_or_is_of_a_disabled_account_is_refused(door: Door) -> None:
    await door.account("anna")
    short = await key(door, "anna", Permission.READ, days=1)
    gone = await key(door, "anna", Permission.READ)
    kept = await key(door, "anna", Permission.READ)
    door.clock.move(86_400)
    await door.identities.keys.remove(gone[0])
    unknown = [gone[1], f"pg_{kept[0]}_wrong", "pg_", "Bearer"]
    for text, words in ((short[1], "expired"), *((one, "not known") for one in unknown)):
        with pytest.raises(NotSignedIn, match=words):
            door.identities.keys.find(text)
    assert [door.identities.keys.holds(one) for one in (short[0], gone[0], kept[0])] == [False, False, True]
    await door.identities.accounts.change("anna", is_disabled=True)
    with pytest.raises(NotSignedIn, match="disabled"):
        door.identities.keys.find(kept[1])


async def test_the_last_use_of_a_key_is_known_after_a_restart_and_its_secret_is_not(door: Door) -> None:
    await door.account("anna")
    _, text = await key(door, "anna", Permission.READ)
    _, found = door.identities.keys.find(text)
    await door.identities.keys.touch(found, "192.0.2.7")
    again = await door.again()
    _, found = again.keys.find(text)
    assert (found.used_ns, found.used_origin) == (door.clock.now_ns, "192.0.2.7")
    assert text not in repr(again.directory.keys)


async def test_the_first_account_is_an_administrator_and_the_last_one_stays(door: Door) -> None:
    with pytest.raises(Rejected, match="first account"):
        await door.identities.accounts.add(AccountWanted("anna", Role.OPERATOR))
    await door.account("root", Role.ADMINISTRATOR)
    changes: list[dict[str, Any]] = [{"is_disabled": True}, {"role": "viewer"}, {"valid_until": "2030-01-01"}]
    for change in changes:
        with pytest.raises(Rejected, match="last administrator"):
            await door.identities.accounts.change("root", **change)
    with pytest.raises(Rejected, match="last administrator"):
        await door.identities.accounts.remove("root")
    await door.account("second", Role.ADMINISTRATOR)
    await door.identities.accounts.remove("root")


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (AccountWanted("Anna", Role.VIEWER), "log-in name"),
        (AccountWanted("../etc", Role.VIEWER), "log-in name"),
        (AccountWanted("анна", Role.VIEWER), "log-in name"),
        (AccountWanted("a" * 33, Role.VIEWER), "log-in name"),
        (AccountWanted("anna", Role.VIEWER, "A\u202enna"), "display"),
        (AccountWanted("anna", Role.ENTERPRISE), "enterprise"),
        (AccountWanted("anna", Role.ENTERPRISE, enterprise="nobody"), "no enterprise"),
        (AccountWanted("anna", Role.VIEWER, enterprise="huali"), "enterprise"),
        (AccountWanted("anna", Role.AUDITOR), "last day"),
        (AccountWanted("anna", Role.OPERATOR, is_wall=True), "wall"),
        (AccountWanted("root", Role.VIEWER), "already"),
    ],
)
async def test_what_does_not_fit_together_is_refused(door: Door, wanted: AccountWanted, words: str) -> None:
    await door.account("root", Role.ADMINISTRATOR)
    with pytest.raises(Rejected, match=words):
        await door.identities.accounts.add(wanted)


async def test_an_older_state_db_brings_no_ended_session_back(door: Door) -> None:
    await door.account("anna")
    token = await signed_in(door, "anna")
    link, _ = await door.identities.accounts.link("anna")
    await door.state.close()
    door.state.path.write_bytes(b"not a database" * 1000)
    door.state = await State.open(door.folder, door.clock)
    again = await door.again()
    assert again.accounts.get("anna").role == Role.OPERATOR
    assert again.sessions.find(token) is None
    with pytest.raises(NotSignedIn):
        await again.redeem(link, HERE)
    with pytest.raises(Unknown):
        again.accounts.get("nobody")


def test_nobody_but_the_administrator_makes_accounts_and_auditors_and_viewers_change_nothing() -> None:
    holders = {role for role in Role if Permission.USERS in GRANTED[role]}
    looking = {Permission(one) for one in ("public", "self", "read", "export", "gateway", "audit")}
    assert holders == {Role.ADMINISTRATOR}
    assert GRANTED[Role.AUDITOR] | GRANTED[Role.VIEWER] <= looking
    assert all(Permission.SELF in granted for granted in GRANTED.values())
