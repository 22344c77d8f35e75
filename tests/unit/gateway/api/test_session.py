"""The log-in over HTTP: cookies, the set-up, passwords, links, accounts, keys, and streams that end with the right."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from gateway.api.access import Principal, Role, Via
from gateway.api.live import MAX_STREAMS_OF_ONE, LiveStream, Ticker, events
from gateway.api.views import Views
from gateway.store import audit

PASSWORD = "four words that differ"
NEW = "other words that differ"


async def answered(park: Any, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
    answer = await park.http.request(method, f"/api/v1{path}", json=body, **more)
    return answer.status_code, answer.json()


async def put_down(park: Any) -> list[tuple[str, str, str, str]]:
    rows = await park.gateway.audit.state.do(lambda db: audit.following(db, 0, 1000))
    return [(row.who, row.action, row.target, row.result) for row in rows if row.result != "asked"]


async def test_before_the_set_up_there_is_the_set_up_and_nothing_else(park: Any) -> None:
    park.be_nobody()
    status, told = await answered(park, "GET", "/session")
    assert (status, told["state"]) == (200, "setup")
    assert set(told) == {"state", "time_ms", "languages", "oidc"}
    assert (await answered(park, "GET", "/status"))[1] == {"state": "setup"}
    status, refused = await answered(park, "GET", "/points")
    assert (status, refused["detail"]) == (503, "not set up yet")
    code = park.gateway.identities.setup_code.text
    body = {"code": code, "name": "Anna", "password": PASSWORD, "display": "Anna Li"}
    assert (await answered(park, "POST", "/setup", {**body, "code": "aaaa"}))[0] == 401
    status, told = await answered(park, "POST", "/setup", body)
    assert (status, told["role"], told["home"]) == (200, "administrator", "/park")
    assert (await answered(park, "GET", "/points"))[0] == 200
    park.be_nobody()
    assert (await answered(park, "GET", "/session"))[1]["state"] == "anonymous"
    assert (await answered(park, "GET", "/status"))[1] == {"state": "running"}
    assert (await answered(park, "GET", "/points"))[0] == 401


async def test_before_log_in_nothing_names_the_site_the_version_or_a_device(park: Any) -> None:
    await park.gateway.identities.accounts.add(_wanted("root"))
    park.feed("grid", 4321.5, 1.0)
    park.gateway._outbox._findings.say("outbox_disk_full", "the disk of /var/lib/x is full")
    park.be_nobody()
    for path in ("/healthz", "/readyz", "/api/v1/status", "/api/v1/session", "/api/v1/openapi.json", "/metrics"):
        text = (await park.http.get(path)).text
        assert not [word for word in ("qinghe", "Qinghe", "0.1.0", "grid", "4321", "/var/lib") if word in text], path


async def test_the_cookie_is_for_this_host_alone_and_no_script_reads_it(park: Any) -> None:
    park.be_nobody()
    body = {"code": park.gateway.identities.setup_code.text, "name": "anna", "password": PASSWORD}
    plain = (await park.http.post("/api/v1/setup", json=body)).headers["set-cookie"]
    assert plain.startswith("park_session=")
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip().lower() for part in plain.split(";")}
    assert "max-age" not in plain.lower()
    safe = await park.http.post("https://127.0.0.1/api/v1/session", json={"name": "anna", "password": PASSWORD})
    cookie = safe.headers["set-cookie"]
    assert cookie.startswith("__Host-park_session=")
    assert "secure" in {part.strip().lower() for part in cookie.split(";")}
    assert "domain" not in cookie.lower()


async def test_a_log_in_ends_the_session_before_and_signing_out_ends_it_on_the_server(park: Any) -> None:
    await park.sign_in()
    first = park.http.cookies["park_session"]
    link, _ = await park.gateway.identities.accounts.link("operator")
    status, told = await answered(park, "POST", "/session/token", {"token": link})
    assert status == 200
    second = park.http.cookies["park_session"]
    park.http.headers["x-csrf-token"] = told["csrf"]
    assert (await answered(park, "DELETE", "/session"))[1]["state"] == "anonymous"
    for token in (first, second):
        park.http.cookies.clear()
        assert (await answered(park, "GET", "/points", headers={"cookie": f"park_session={token}"}))[0] == 401


async def test_a_password_is_set_after_a_link_without_the_old_one_and_then_only_with_it(park: Any) -> None:
    told = await park.sign_in()
    assert (told["has_password"], told["needs_old_password"]) == (False, False)
    status, refused = await answered(park, "PUT", "/session/password", {"new": "password1234"})
    assert (status, "first that somebody would try" in refused["detail"]) == (422, True)
    status, told = await answered(park, "PUT", "/session/password", {"new": PASSWORD})
    assert (status, told["has_password"], told["needs_old_password"]) == (200, True, True)
    assert (await answered(park, "PUT", "/session/password", {"new": NEW, "old": "wrong"}))[0] == 422
    assert (await answered(park, "PUT", "/session/password", {"new": NEW, "old": PASSWORD}))[0] == 200
    park.be_nobody()
    assert (await answered(park, "POST", "/session", {"name": "operator", "password": PASSWORD}))[0] == 401
    assert (await answered(park, "POST", "/session", {"name": "operator", "password": NEW}))[0] == 200


async def test_one_sees_where_one_is_signed_in_and_ends_every_other_session(park: Any) -> None:
    await park.sign_in()
    first = park.http.cookies["park_session"]
    park.be_nobody()
    link, _ = await park.gateway.identities.accounts.link("operator")
    _, told = await answered(park, "POST", "/session/token", {"token": link})
    park.http.headers["x-csrf-token"] = told["csrf"]
    _, mine = await answered(park, "GET", "/session/mine")
    assert [one["current"] for one in mine["items"]].count(True) == 1
    assert mine["total"] == 2
    assert (await answered(park, "DELETE", "/session/mine"))[1] == {"ended": 1}
    assert (await answered(park, "GET", "/session/mine"))[1]["total"] == 1
    park.http.cookies.clear()
    assert (await answered(park, "GET", "/points", headers={"cookie": f"park_session={first}"}))[0] == 401


async def test_no_answer_and_no_entry_repeats_a_password_or_token(park: Any) -> None:
    await park.sign_in()
    secret = "a secret that nobody may see"
    bodies: list[tuple[str, str, Any]] = [
        ("POST", "/session", {"name": "x" * 100, "password": secret}),
        ("POST", "/session", {"name": "operator", "password": secret, "more": secret}),
        ("POST", "/session", {"name": "operator", "password": [secret]}),
        ("POST", "/session/token", {"token": secret * 20}),
        ("PUT", "/session/password", {"old": secret, "new": secret * 100}),
        ("POST", "/setup", {"code": secret, "name": "eve", "password": secret}),
    ]
    for method, path, body in bodies:
        answer = await park.http.request(method, f"/api/v1{path}", json=body)
        assert answer.status_code in (401, 422), path
        assert secret not in answer.text, path
    assert (await answered(park, "PUT", "/session/password", {"new": secret}))[0] == 200
    rows = await park.gateway.audit.state.do(lambda db: audit.following(db, 0, 1000))
    assert secret not in repr(rows)


async def test_trying_passwords_is_answered_with_how_long_to_wait(park: Any) -> None:
    await park.sign_in()
    park.be_nobody()
    found = [await park.http.post("/api/v1/session", json={"name": "root", "password": "x"}) for _ in range(7)]
    assert [answer.status_code for answer in found] == [401] * 5 + [429] * 2
    assert found[-1].headers["retry-after"] == "4"
    assert "wait 4 s" in found[-1].json()["detail"]
    tried = [entry for entry in await put_down(park) if entry[3] == "refused"]
    assert tried == [("anonymous", "sign in", "root", "refused")] * 2  # wrong, and told to wait: once a minute each


async def test_a_loop_that_runs_wild_is_told_to_wait_and_a_page_never_is(park: Any) -> None:
    await park.sign_in()
    answers = [await park.http.get("/healthz") for _ in range(300)]
    assert {answer.status_code for answer in answers} == {200}
    park.gateway.identities.buckets._burst = 10
    park.gateway.identities.buckets._left.clear()
    answers = [await park.http.get("/healthz") for _ in range(40)]
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert int(refused.headers["retry-after"]) >= 1


async def test_an_administrator_makes_changes_and_removes_an_account(park: Any) -> None:
    await park.sign_in(Role.ADMINISTRATOR)
    wanted = {"name": "li.wei", "role": "enterprise", "enterprise": "huali", "display": "Li Wei"}
    status, made = await answered(park, "POST", "/users", wanted)
    assert (status, made["enterprise"], made["link"]["path"][:13]) == (201, "huali", "/login#token=")
    assert (await answered(park, "POST", "/users", wanted))[0] == 422
    assert (await answered(park, "GET", "/users"))[1]["total"] == 2
    status, changed = await answered(park, "PATCH", "/users/li.wei", {"role": "operator"})
    assert (status, changed["role"], changed["enterprise"]) == (200, "operator", None)
    assert (await answered(park, "PATCH", "/users/administrator", {"disabled": True}))[0] == 422
    assert (await answered(park, "DELETE", "/users/li.wei"))[0] == 200
    assert (await answered(park, "DELETE", "/users/li.wei"))[0] == 404
    done = [(action, target) for _, action, target, result in await put_down(park) if result == "done"]
    expected = [("user add", "li.wei"), ("user link", "li.wei"), ("user change", "li.wei"), ("user remove", "li.wei")]
    assert done[-4:] == expected


async def test_sessions_are_listed_and_ended_one_by_one(park: Any) -> None:
    await park.sign_in(Role.ADMINISTRATOR)
    identities = park.gateway.identities
    other = await identities.sessions.begin(identities.accounts.get("administrator"), "192.0.2.9", "curl")
    found = (await answered(park, "GET", "/users/administrator/sessions"))[1]["items"]
    assert [(one["current"], one["origin"]) for one in found] == [(False, "192.0.2.9"), (True, "127.0.0.1")]
    ending = f"/users/administrator/sessions?id={other.session.id}"
    assert (await answered(park, "DELETE", ending))[1] == {"ended": 1}
    assert (await answered(park, "DELETE", ending))[0] == 404
    assert identities.sessions.find(other.token) is None


async def test_a_key_is_shown_once_and_its_use_is_known(park: Any) -> None:
    await park.sign_in(Role.ADMINISTRATOR)
    status, made = await answered(park, "POST", "/keys", {"name": "Grafana", "scopes": ["read"], "days": 30})
    assert (status, made["account"], made["key"][:3]) == (201, "administrator", "pg_")
    browser = dict(park.http.cookies)
    csrf = park.http.headers["x-csrf-token"]
    park.be_nobody()
    bearer = {"authorization": f"Bearer {made['key']}"}
    assert (await answered(park, "GET", "/points", headers=bearer))[0] == 200
    status, refused = await answered(park, "POST", "/devices/grid/read", {}, headers=bearer)
    assert (status, refused["detail"]) == (403, "this API key of administrator has not the scope `line`")
    assert (await answered(park, "GET", "/points", headers={"authorization": "Basic eDp5"}))[0] == 401
    park.http.cookies.update(browser)
    park.http.headers["x-csrf-token"] = csrf
    (listed,) = (await answered(park, "GET", "/keys"))[1]["items"]
    assert (listed["used_origin"], "key" in listed, listed["valid"]) == ("127.0.0.1", False, True)
    assert (await answered(park, "DELETE", f"/keys/{made['id']}"))[0] == 200
    park.be_nobody()
    assert (await answered(park, "GET", "/points", headers=bearer))[0] == 401


async def test_over_the_socket_a_key_says_whose_it_is(park: Any) -> None:
    park.become(None, Role.ADMINISTRATOR)
    status, refused = await answered(park, "POST", "/keys", {"name": "x", "scopes": ["read"], "days": 1})
    assert (status, refused["detail"][:8]) == (422, "account:")


async def test_a_stream_ends_with_the_next_tick_when_its_person_may_no_more(park: Any) -> None:
    told = await park.sign_in()
    identities = park.gateway.identities
    account = identities.accounts.get(told["name"])
    (session,) = identities.directory.sessions_of(account)
    principal = identities.sessions.principal(account, session, "127.0.0.1")
    ticker = Ticker(park.gateway.clock)
    stream = LiveStream(Views(park.gateway), park.gateway.clock, principal, [], [], park=True)
    messages = events(stream, ticker, principal.user_id, lambda: identities.holds(principal))
    assert b"snapshot" in await anext(messages)
    assert ticker.streams == 1
    following = asyncio.ensure_future(anext(messages))
    await asyncio.sleep(0)
    ticker._wake()
    assert b"delta" in await following
    await identities.accounts.change(told["name"], role="viewer")
    ending = asyncio.ensure_future(anext(messages, None))
    await asyncio.sleep(0)
    ticker._wake()
    assert await ending is None
    assert ticker.streams == 0


async def test_one_person_does_not_take_all_streams(park: Any) -> None:
    ticker = Ticker(park.gateway.clock)
    anna, bert = (Principal(name, Role.VIEWER, "", via=Via.SESSION, user_id=name) for name in ("anna", "bert"))
    opened = [ticker.counted("anna") for _ in range(MAX_STREAMS_OF_ONE)]
    for one in opened:
        one.__enter__()
    assert (ticker.has_room(anna), ticker.has_room(bert)) == (False, True)
    assert ticker.has_room(replace(anna, via=Via.SOCKET))
    for one in opened:
        one.__exit__(None, None, None)
    assert ticker.has_room(anna)


async def test_requests_that_no_person_makes_keep_no_session_alive(park: Any) -> None:
    await park.sign_in()
    identities = park.gateway.identities
    (before,) = identities.directory.sessions.values()
    await park.http.get("/api/v1/points", headers={"x-poll": "1"})
    assert next(iter(identities.directory.sessions.values())).seen_ns == before.seen_ns
    await park.http.get("/api/v1/points")
    assert next(iter(identities.directory.sessions.values())).seen_ns > before.seen_ns


@pytest.mark.parametrize("stated", ["Somebody Else", "operat0r"])
async def test_nobody_prepares_under_another_name(park: Any, stated: str) -> None:
    await park.sign_in(display="Li Wei")
    status, refused = await answered(park, "POST", "/carbon/records", {"kind": "note", "by": stated})
    assert status == 422, refused
    document = {"kind": "delivery", "by": stated, "source": "x", "quantity": "1", "unit": "kg", "period": "2026-10"}
    status, refused = await answered(park, "POST", "/carbon/records", document)
    assert (status, "`Li Wei` is signed in" in json.dumps(refused)) == (422, True)


def _wanted(name: str) -> Any:
    from gateway.identity.accounts import AccountWanted

    return AccountWanted(name, Role.ADMINISTRATOR)
