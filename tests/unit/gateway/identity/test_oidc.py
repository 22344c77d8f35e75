"""Log-in at an identity provider: the whole exchange with a real one, and everything that must not get in."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import RSAKey

from gateway.core.errors import Unavailable
from gateway.identity import oidc
from gateway.identity.accounts import NAME
from gateway.identity.oidc import Begun, OidcClient
from gateway.identity.person import NotLetIn, Person, Why, account_name, person_of
from gateway.identity.provider import Provider
from gateway.identity.roles import Role
from tests.identity_provider import CLIENT, NOW_S, SECRET, IdentityProvider, identity_provider, symmetric_key

BACK = "https://gateway.example/api/v1/session/oidc/callback"


@dataclass
class HandClock:
    """Moved by hand."""

    now_s: float = NOW_S

    def time_ns(self) -> int:
        return int(self.now_s * 1e9)

    def monotonic(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.now_s += seconds


@pytest.fixture
async def provider() -> AsyncIterator[IdentityProvider]:
    async with identity_provider() as found:
        yield found


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def client(provider: IdentityProvider, clock: HandClock) -> OidcClient:
    return OidcClient(provider.settings(), clock)


async def visit(begun: Begun) -> dict[str, str]:
    """What the provider sends the browser back with."""
    async with aiohttp.ClientSession() as browser, browser.get(begun.url, allow_redirects=False) as answer:
        place = urlsplit(answer.headers["Location"])
    assert f"{place.scheme}://{place.netloc}{place.path}" == BACK
    return {name: values[0] for name, values in parse_qs(place.query).items()}


async def log_in(client: OidcClient) -> tuple[Person, str]:
    begun = await client.begin(BACK, "/alarms", "192.0.2.1")
    back = await visit(begun)
    return await client.finish(back["state"], back["code"], begun.binding, back["iss"])


async def refused(client: OidcClient) -> Why:
    with pytest.raises(NotLetIn) as error:
        await log_in(client)
    return error.value.why


async def test_somebody_with_a_role_gets_in_and_goes_where_they_wanted(client: OidcClient) -> None:
    person, following = await log_in(client)
    assert (person.display, person.role, person.enterprise, following) == ("Li Wei", Role.OPERATOR, None, "/alarms")
    assert person.subject.endswith(" 248289761001")


async def test_a_client_with_a_secret_says_it_to_the_provider(provider: IdentityProvider, clock: HandClock) -> None:
    person, _ = await log_in(OidcClient(provider.settings(client_secret=SECRET), clock))
    assert person.role is Role.OPERATOR


SPOILT: dict[str, dict[str, Any]] = {
    "wrong nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "wrong audience": {"aud": "another client"},
    "several audiences without the party": {"aud": [CLIENT, "another"]},
    "another party": {"aud": [CLIENT, "another"], "azp": "another"},
    "foreign issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "expired": {"exp": NOW_S - 3600},
    "no end": {"exp": None},
    "not yet": {"nbf": NOW_S + 3600},
    "an end that is no time": {"exp": "tomorrow"},
    "nobody": {"sub": None},
    "a subject that is no text": {"sub": 5},
    "an endless subject": {"sub": "x" * 300},
    "a foreign access token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT.keys())
async def test_a_token_that_is_not_for_us_here_and_now_is_refused(
    provider: IdentityProvider, client: OidcClient, spoil: dict[str, Any]
) -> None:
    provider.spoil = spoil
    assert await refused(client) is Why.TOKEN


async def test_a_token_of_another_key_is_refused(provider: IdentityProvider, client: OidcClient) -> None:
    provider.signing_key = RSAKey.generate_key(2048, {"kid": "first"})
    assert await refused(client) is Why.TOKEN


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
async def test_a_token_that_anybody_could_sign_is_refused(
    provider: IdentityProvider, client: OidcClient, algorithm: str
) -> None:
    provider.header = {"alg": algorithm}
    provider.signing_key = symmetric_key(CLIENT)
    assert await refused(client) is Why.TOKEN


async def test_a_new_key_of_the_provider_is_fetched(
    provider: IdentityProvider, client: OidcClient, clock: HandClock
) -> None:
    await log_in(client)
    provider.key = RSAKey.generate_key(2048, {"kid": "second"})
    assert await refused(client) is Why.TOKEN  # not asked for with every token that a stranger makes
    clock.now_s += oidc.KEYS_AT_MOST_EVERY_S
    assert (await log_in(client))[0].role is Role.OPERATOR
    assert provider.asked.count("keys") == 2


async def test_a_log_in_is_worth_one_answer(client: OidcClient) -> None:
    begun = await client.begin(BACK, "/", "192.0.2.1")
    back = await visit(begun)
    await client.finish(back["state"], back["code"], begun.binding)
    with pytest.raises(NotLetIn) as error:
        await client.finish(back["state"], back["code"], begun.binding)
    assert error.value.why is Why.NOT_BEGUN


@pytest.mark.parametrize("binding", ["", "another", "\ud800"])
async def test_a_link_that_somebody_else_began_signs_nobody_in(client: OidcClient, binding: str) -> None:
    back = await visit(await client.begin(BACK, "/", "192.0.2.1"))
    with pytest.raises(NotLetIn) as error:
        await client.finish(back["state"], back["code"], binding)
    assert error.value.why is Why.NOT_BEGUN


async def test_who_takes_too_long_begins_again(client: OidcClient, clock: HandClock) -> None:
    begun = await client.begin(BACK, "/", "192.0.2.1")
    back = await visit(begun)
    clock.now_s += oidc.PATIENCE_S + 1
    with pytest.raises(NotLetIn, match="took too long"):
        await client.finish(back["state"], back["code"], begun.binding)


async def test_an_answer_that_names_another_provider_is_refused(client: OidcClient) -> None:
    begun = await client.begin(BACK, "/", "192.0.2.1")
    back = await visit(begun)
    with pytest.raises(NotLetIn, match="another identity provider"):
        await client.finish(back["state"], back["code"], begun.binding, "https://evil.example")


async def test_one_place_cannot_push_out_what_others_began(client: OidcClient) -> None:
    mine = await client.begin(BACK, "/", "192.0.2.1")
    for _ in range(oidc.MOST_BEGUN_BY_ORIGIN + 5):
        await client.begin(BACK, "/", "192.0.2.66")
    back = await visit(mine)
    assert (await client.finish(back["state"], back["code"], mine.binding))[0].role is Role.OPERATOR


async def test_a_code_that_the_provider_does_not_know_is_no_log_in(client: OidcClient) -> None:
    begun = await client.begin(BACK, "/", "192.0.2.1")
    back = await visit(begun)
    with pytest.raises(Unavailable, match="invalid_grant"):
        await client.finish(back["state"], "made-up", begun.binding)


DESCRIBED: dict[str, dict[str, Any]] = {
    "another issuer": {"issuer": "https://evil.example"},
    "no endpoint": {"token_endpoint": None},
    "an endpoint that is no address": {"authorization_endpoint": "javascript:alert(1)"},
}


@pytest.mark.parametrize("described", DESCRIBED.values(), ids=DESCRIBED.keys())
async def test_a_provider_that_does_not_describe_itself_is_not_used(
    provider: IdentityProvider, client: OidcClient, described: dict[str, Any]
) -> None:
    provider.described = described
    with pytest.raises(Unavailable):
        await client.begin(BACK, "/", "192.0.2.1")


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/token", "http://metadata.internal/token", "http://[fe80::1]/t"]
)
async def test_a_provider_cannot_make_the_gateway_ask_the_machines_neighbours(
    provider: IdentityProvider, clock: HandClock, target: str
) -> None:
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["169.254.169.254"]

    provider.described = {"token_endpoint": target}
    settings = provider.settings(allow_private=True)
    client = OidcClient(settings, clock, Provider(settings, resolve))
    begun = await client.begin(BACK, "/", "192.0.2.1")
    back = await visit(begun)
    with pytest.raises(Unavailable, match=r"may not (be reached|reach)"):
        await client.finish(back["state"], back["code"], begun.binding)


async def test_loopback_is_only_reached_where_the_configuration_says_so(
    provider: IdentityProvider, clock: HandClock
) -> None:
    with pytest.raises(Unavailable, match="may not be reached") as error:
        await OidcClient(provider.settings(allow_loopback=False), clock).begin(BACK, "/", "192.0.2.1")
    assert "allow_loopback" in error.value.hint


async def test_a_provider_that_is_away_is_said(provider: IdentityProvider, clock: HandClock) -> None:
    settings = provider.settings(issuer="http://127.0.0.1:9")
    with pytest.raises(Unavailable, match="cannot be reached"):
        await OidcClient(settings, clock).begin(BACK, "/", "192.0.2.1")


def test_a_person_without_a_role_is_refused_with_what_the_provider_said(provider: IdentityProvider) -> None:
    with pytest.raises(NotLetIn) as error:
        person_of(provider.settings(), {"sub": "1", "roles": ["cleaners"]})
    assert error.value.why is Why.NO_ROLE
    assert "cleaners" in error.value.hint


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"roles": ["it", "park-operators"]}, Role.OPERATOR),  # the order of the configuration
        ({"roles": "it"}, Role.ADMINISTRATOR),
        ({"realm": {"roles": ["it"]}, "path": True}, Role.ADMINISTRATOR),
    ],
)
def test_the_first_role_that_fits_is_taken(provider: IdentityProvider, claims: dict[str, Any], role: Role) -> None:
    settings = provider.settings(role_claim="realm.roles" if "path" in claims else "roles")
    assert person_of(settings, {"sub": "1", **claims}).role is role


def test_a_tenant_sees_the_enterprise_that_the_claim_names(provider: IdentityProvider) -> None:
    settings = provider.settings(enterprise_claim="company", enterprises={"Dongyue Ltd": "dongyue"})
    tenant = {"sub": "1", "roles": ["tenants"]}
    assert person_of(settings, {**tenant, "company": "Dongyue Ltd"}).enterprise == "dongyue"
    assert person_of(settings, {**tenant, "company": "huali"}).enterprise == "huali"
    for company in (None, [], ["a", "b"], 5):
        with pytest.raises(NotLetIn) as error:
            person_of(settings, {**tenant, "company": company})
        assert error.value.why is Why.NO_ENTERPRISE


@given(
    st.dictionaries(st.sampled_from(["preferred_username", "email"]), st.text() | st.none() | st.integers()), st.text()
)
def test_whatever_somebody_is_called_the_account_has_a_legal_name(claims: dict[str, Any], subject: str) -> None:
    assert NAME.fullmatch(account_name(claims, subject.encode("utf-8", "replace").decode()))


def test_two_people_of_the_same_name_have_two_accounts() -> None:
    claims = {"preferred_username": "li.wei"}
    assert account_name(claims, "a 1") != account_name(claims, "a 2")
    assert account_name(claims, "a 1").startswith("li.wei-")
