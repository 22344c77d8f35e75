"""Signing in: passwords, one-time links, the set-up code, lock-out by delay."""

import asyncio
import stat
from pathlib import Path

import pytest

from gateway.core.errors import Rejected, Unavailable
from gateway.identity.accounts import AccountWanted
from gateway.identity.passwords import Passwords, check
from gateway.identity.refusals import NotSignedIn, Wait
from gateway.identity.roles import Role
from gateway.identity.service import Visit

from .conftest import HERE, PASSWORD, Door

ELSEWHERE = Visit("198.51.100.9", "curl")


async def refused(door: Door, name: str, password: str, visit: Visit = HERE) -> tuple[str, str]:
    with pytest.raises(NotSignedIn) as found:
        await door.identities.sign_in(name, password, visit)
    return found.value.message, found.value.hint


async def test_name_and_password_open_a_session_that_outlives_a_restart(door: Door) -> None:
    await door.account("anna", password=PASSWORD)
    opened = await door.identities.sign_in("Anna ", PASSWORD, HERE)
    account, session = (await door.again()).sessions.find(opened.token) or pytest.fail("no session")
    assert (account.name, session.origin, session.agent) == ("anna", "192.0.2.7", "Firefox")


async def test_every_log_in_has_another_token_and_none_is_stored(door: Door) -> None:
    await door.account("anna", password=PASSWORD)
    tokens = [(await door.identities.sign_in("anna", PASSWORD, HERE)).token for _ in range(2)]
    link, _ = await door.identities.accounts.link("anna")
    assert tokens[0] != tokens[1]
    await door.state.copy()
    stored = b"".join(path.read_bytes() for path in door.folder.iterdir() if path.is_file())
    assert b"192.0.2.7" in stored
    assert not any(secret.encode() in stored for secret in (*tokens, link, PASSWORD))


async def test_wrong_name_wrong_password_and_no_password_are_refused_with_the_same_words(door: Door) -> None:
    await door.account("anna", password=PASSWORD)
    await door.account("li.wei")
    await door.account("gone", password=PASSWORD, is_disabled=True)
    said = {
        await refused(door, "nobody", PASSWORD),
        await refused(door, "anna", "four words that differ?"),
        await refused(door, "anna", "x" * 2000),
        await refused(door, "li.wei", ""),
        await refused(door, "gone", PASSWORD),
    }
    assert len(said) == 1


async def test_a_password_is_verified_even_where_there_is_no_account(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await door.account("anna", password=PASSWORD)
    await refused(door, "anna", "wrong")
    verified: list[str] = []
    verify = Passwords._verify

    def counted(self: Passwords, hashed: str, text: str) -> bool:
        verified.append(hashed.split("$")[1])
        return verify(self, hashed, text)

    monkeypatch.setattr(Passwords, "_verify", counted)
    await refused(door, "anna", "wrong")
    await refused(door, "nobody", "wrong")
    assert verified == ["argon2id", "argon2id"]


async def test_the_parameters_are_those_that_are_promised_and_old_hashes_are_renewed(door: Door) -> None:
    assert (await Passwords().hash("x")).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    await door.account("anna", password=PASSWORD)
    before = door.identities.accounts.get("anna").password
    door.identities.passwords._hasher = Passwords(memory_kib=16, passes=1)._hasher
    await door.identities.sign_in("anna", PASSWORD, HERE)
    after = (await door.again()).accounts.get("anna").password
    assert ("m=8," in before, "m=16," in after) == (True, True)


async def test_the_same_password_from_another_keyboard_is_the_same(door: Door) -> None:
    await door.account("anna", password="Ａngström 四个 words")
    await door.identities.sign_in("anna", "Angstro\u0308m 四个 words", HERE)


@pytest.mark.parametrize(
    "password",
    ["short", "password1234", "Password2026!", "123456789012", "aaaaaaaaaaaaaaa", "qwertyuiop12", "li.wei.li.wei",
     "Admin-Admin-1", "x" * 129, "four\twords that differ", "parkgateway2026"],
)  # fmt: skip
async def test_a_password_that_would_be_guessed_is_refused_with_a_hint(password: str) -> None:
    with pytest.raises(Rejected) as found:
        check(password, "li.wei")
    assert found.value.hint


async def test_after_five_failures_the_next_try_waits_longer_each_time_and_never_for_ever(door: Door) -> None:
    await door.account("anna", password=PASSWORD)
    waits = []
    for _ in range(5):
        await refused(door, "anna", "wrong")
    for _ in range(12):
        with pytest.raises(Wait) as found:
            await door.identities.sign_in("anna", PASSWORD, HERE)
        waits.append(found.value.wait_s)
        door.clock.move(found.value.wait_s)
        await refused(door, "anna", "wrong")
    assert waits[:4] == [4, 8, 16, 32]
    assert waits[-1] == 900
    door.clock.move(900)
    assert await door.identities.sign_in("anna", PASSWORD, HERE)


async def test_who_fails_locks_out_nobody_at_another_place(door: Door) -> None:
    await door.account("anna", password=PASSWORD)
    for _ in range(5):
        await refused(door, "anna", "wrong", ELSEWHERE)
    assert await door.identities.sign_in("anna", PASSWORD, HERE)


async def test_one_place_cannot_try_many_names(door: Door) -> None:
    for number in range(20):
        await refused(door, f"name{number}", "wrong", ELSEWHERE)
    with pytest.raises(Wait):
        await door.identities.sign_in("another", "wrong", ELSEWHERE)


async def test_many_places_cannot_lock_out_who_was_here_before(door: Door) -> None:
    await door.account("anna", password=PASSWORD)
    await door.identities.sign_in("anna", PASSWORD, HERE)
    tries = [door.identities.sign_in("anna", "wrong", Visit(f"203.0.113.{number}")) for number in range(100)]
    found = await asyncio.gather(*tries, return_exceptions=True)
    assert any(isinstance(one, Wait) for one in found)
    assert await door.identities.sign_in("anna", PASSWORD, HERE)


async def test_tries_at_the_same_moment_are_counted_as_many(door: Door) -> None:
    await door.account("anna", password=PASSWORD)
    tries = [door.identities.sign_in("anna", "wrong", HERE) for _ in range(20)]
    found = [type(one) for one in await asyncio.gather(*tries, return_exceptions=True)]
    assert (found.count(NotSignedIn), found.count(Wait)) == (5, 15)


async def test_what_is_remembered_of_failures_is_bounded(door: Door) -> None:
    attempts = door.identities.attempts
    for number in range(30_000):
        attempts.begin(f"name{number}", f"address{number}")
        door.clock.move(1)
    assert len(attempts._failures) <= 10_000


async def test_a_one_time_link_signs_in_once_and_not_after_its_end(door: Door) -> None:
    await door.account("anna")
    token, _ = await door.identities.accounts.link("anna", valid_s=3600)
    opened = await door.identities.redeem(token, HERE)
    assert opened.session.by_ticket
    late, expires_ns = await door.identities.accounts.link("anna")
    assert expires_ns == door.clock.now_ns + 86_400 * 10**9
    door.clock.move(86_400)
    for spent in (token, late, "made up"):
        with pytest.raises(NotSignedIn):
            await door.identities.redeem(spent, HERE)


async def test_another_link_makes_the_one_before_worthless(door: Door) -> None:
    await door.account("anna")
    first, _ = await door.identities.accounts.link("anna")
    await door.identities.accounts.link("anna")
    with pytest.raises(NotSignedIn):
        await door.identities.redeem(first, HERE)


async def test_a_reset_forgets_the_password_and_ends_every_session(door: Door) -> None:
    await door.account("anna", password=PASSWORD)
    opened = await door.identities.sign_in("anna", PASSWORD, HERE)
    await door.identities.accounts.link("anna", is_reset=True)
    assert door.identities.sessions.find(opened.token) is None
    await refused(door, "anna", PASSWORD)


async def test_the_set_up_code_makes_the_first_administrator_once(door: Door) -> None:
    await door.identities.begin()
    code, path = door.identities.setup_code.text or "", door.folder / "setup-code"
    assert (path.read_text().strip(), stat.S_IMODE(path.stat().st_mode)) == (code, 0o600)
    wanted = AccountWanted("anna", Role.ADMINISTRATOR)
    with pytest.raises(NotSignedIn):
        await door.identities.set_up("aaaa-aaaa-aaaa-aaaa", wanted, PASSWORD, HERE)
    with pytest.raises(Rejected, match="fewer than 12"):
        await door.identities.set_up(code, wanted, "short", HERE)
    opened = await door.identities.set_up(code.replace("-", "").upper(), wanted, PASSWORD, HERE)
    assert opened.account.role == Role.ADMINISTRATOR
    assert not path.exists()
    with pytest.raises(NotSignedIn):
        await door.identities.set_up(code, AccountWanted("eve", Role.ADMINISTRATOR), PASSWORD, ELSEWHERE)


async def test_the_set_up_code_cannot_be_tried_for_long(door: Door) -> None:
    await door.identities.begin()
    for _ in range(5):
        with pytest.raises(NotSignedIn):
            await door.identities.set_up("wrong", AccountWanted("eve", Role.ADMINISTRATOR), PASSWORD, HERE)
    with pytest.raises(Wait):
        await door.identities.set_up("wrong", AccountWanted("eve", Role.ADMINISTRATOR), PASSWORD, HERE)


async def test_two_starts_have_two_codes_and_a_link_in_the_way_is_not_followed(door: Door, tmp_path: Path) -> None:
    await door.identities.begin()
    first = door.identities.setup_code.text
    elsewhere = tmp_path / "precious"
    elsewhere.write_text("mine")
    (door.folder / "setup-code").unlink()
    (door.folder / "setup-code").symlink_to(elsewhere)
    again = await door.again()
    await again.begin()
    assert again.setup_code.text not in (None, first)
    assert elsewhere.read_text() == "mine"


async def test_a_gateway_that_is_set_up_has_no_code_and_takes_away_an_old_file(door: Door) -> None:
    await door.identities.begin()
    await door.account("anna", Role.ADMINISTRATOR)
    again = await door.again()
    await again.begin()
    assert (again.setup_code.text, (door.folder / "setup-code").exists()) == (None, False)
    assert not again.setup_code.is_right("")


async def test_who_comes_from_an_identity_provider_gets_what_it_says_and_loses_it_as_it_says(door: Door) -> None:
    await door.account("root", Role.ADMINISTRATOR)
    told = AccountWanted("anna", Role.OPERATOR, "Anna Li", subject="https://id.example 42")
    first = await door.identities.adopt(told, HERE)
    lesser = AccountWanted("anna", Role.VIEWER, "Anna Li", subject="https://id.example 42")
    second = await door.identities.adopt(lesser, HERE)
    assert (first.account.role, second.account.role) == ("operator", "viewer")
    assert first.account.id == second.account.id
    assert door.identities.sessions.find(first.token) is None
    await door.identities.accounts.change("anna", is_disabled=True)
    with pytest.raises(NotSignedIn):
        await door.identities.adopt(told, HERE)


async def test_who_comes_from_an_identity_provider_does_not_take_over_a_name_that_is_there(door: Door) -> None:
    await door.account("anna", Role.ADMINISTRATOR)
    with pytest.raises(Rejected, match="already"):
        await door.identities.adopt(AccountWanted("anna", Role.VIEWER, subject="https://id.example 43"), HERE)


async def test_a_disk_that_takes_nothing_refuses_the_log_in_and_keeps_who_is_there(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    await door.account("anna", password=PASSWORD)
    opened = await door.identities.sign_in("anna", PASSWORD, HERE)

    async def full(*_: object) -> None:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(door.state, "do", full)
    with pytest.raises(Unavailable):
        await door.identities.sign_in("anna", PASSWORD, HERE)
    door.clock.move(120)
    _, session = door.identities.sessions.find(opened.token) or pytest.fail("no session")
    await door.identities.sessions.touch(session)
    assert door.identities.sessions.find(opened.token)
