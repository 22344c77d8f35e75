"""The way to the identity provider and back, as a browser goes it."""

import re
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.api.routes_oidc import CALLBACK, WORDS, local_path
from gateway.core.clock import SystemClock
from gateway.identity.oidc import OidcClient
from gateway.identity.person import Why
from tests.identity_provider import IdentityProvider, identity_provider


@pytest.fixture
async def provider(park) -> AsyncIterator[IdentityProvider]:
    """The provider of the park, which nobody is signed in to."""
    async with identity_provider() as found:
        found.now_s = SystemClock().time_ns() // 10**9
        park.app.state.oidc = OidcClient(found.settings(), SystemClock())
        await park.sign_in(name="root2")
        park.be_nobody()
        yield found


async def at_provider(answer: httpx.Response) -> str:
    """Where the provider sends the browser that came with this answer."""
    assert answer.status_code == 303, answer.text
    asked = answer.headers["location"]
    async with aiohttp.ClientSession() as browser, browser.get(asked, allow_redirects=False) as back:
        place = urlsplit(back.headers["Location"])
    return f"{place.path}?{place.query}"


async def test_a_person_of_the_provider_is_signed_in_as_others_are(park, provider) -> None:
    begun = await park.http.get("/api/v1/session/oidc?next=/alarms")
    cookie = begun.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    page = await park.http.get(
        await at_provider(begun), headers={"sec-fetch-site": "cross-site", "sec-fetch-dest": "document"}
    )
    assert page.status_code == 200
    assert '<meta http-equiv="refresh" content="0;url=/alarms">' in page.text
    session = re.search(r"park_session=[^;]+;[^,]*", page.headers["set-cookie"])
    assert session is not None
    assert "SameSite=strict" in session[0]
    document = (await park.http.get("/api/v1/session")).json()
    assert (document["state"], document["display"], document["role"]) == ("signed_in", "Li Wei", "operator")
    account = park.gateway.identities.directory.named(document["name"])
    assert account.subject == f"{provider.issuer} 248289761001"
    assert account.password == ""


async def test_the_same_person_keeps_the_account_and_gets_what_the_provider_says_now(park, provider) -> None:
    names = set()
    for roles in (["park-operators"], ["it"]):
        provider.claims["roles"] = roles
        await park.http.get(await at_provider(await park.http.get("/api/v1/session/oidc")))
        document = (await park.http.get("/api/v1/session")).json()
        names.add(document["name"])
    assert len(names) == 1
    assert document["role"] == "administrator"


async def test_a_person_without_a_role_reads_why_in_both_languages(park, provider) -> None:
    provider.claims["roles"] = ["cleaners"]
    page = await park.http.get(await at_provider(await park.http.get("/api/v1/session/oidc")))
    assert page.status_code == 401
    assert all(words in page.text for words in WORDS[Why.NO_ROLE])
    assert (await park.http.get("/api/v1/session")).json()["state"] == "anonymous"


async def test_a_disabled_account_stays_out(park, provider) -> None:
    await park.http.get(await at_provider(await park.http.get("/api/v1/session/oidc")))
    name = (await park.http.get("/api/v1/session")).json()["name"]
    await park.gateway.identities.accounts.change(name, is_disabled=True)
    park.be_nobody()
    page = await park.http.get(await at_provider(await park.http.get("/api/v1/session/oidc")))
    assert page.status_code == 401
    assert WORDS[Why.ACCOUNT][0] in page.text


async def test_the_way_back_is_gone_once_and_in_the_same_browser(park, provider) -> None:
    back = await at_provider(await park.http.get("/api/v1/session/oidc"))
    park.be_nobody()
    elsewhere = await park.http.get(back)
    again = await park.http.get(back)
    assert (elsewhere.status_code, again.status_code) == (401, 401)
    assert "park_session" not in elsewhere.headers.get("set-cookie", "")


async def test_what_a_provider_adds_to_the_way_back_is_ignored_and_its_refusal_told(park, provider) -> None:
    page = await park.http.get(f"{CALLBACK}?error=access_denied&error_description=<script>&more=1")
    assert page.status_code == 401
    assert WORDS[Why.DENIED][1] in page.text
    assert "<script>" not in page.text


async def test_a_provider_that_is_away_is_said_on_a_page(park, provider) -> None:
    park.app.state.oidc = OidcClient(provider.settings(issuer="http://127.0.0.1:9"), SystemClock())
    page = await park.http.get("/api/v1/session/oidc")
    assert page.status_code == 503
    assert WORDS[Why.AWAY][0] in page.text


async def test_without_a_provider_there_is_no_such_log_in(park) -> None:
    park.be_nobody()
    for path in ("/api/v1/session/oidc", CALLBACK):
        assert (await park.http.get(path)).status_code == 404


def test_there_are_words_for_every_reason() -> None:
    assert set(WORDS) == set(Why)
    assert all(english and re.search("[\u4e00-\u9fff]", chinese) for english, chinese in WORDS.values())


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "", "/a\nb"]
)
def test_the_way_on_never_leads_to_another_site(elsewhere: str) -> None:
    assert local_path(elsewhere) == "/"


@given(st.text())
def test_the_way_on_is_a_path_of_the_page(wanted: str) -> None:
    found = local_path(wanted)
    assert found.startswith("/")
    assert urlsplit(found).netloc == ""
