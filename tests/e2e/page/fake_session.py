"""Who is signed in at the fake gateway: sessions, one-time links, accounts and keys as the API tells them."""

from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from gateway.api.problems import KINDS
from gateway.identity.roles import GRANTED, Role
from tests.e2e.page.fake_park import START_MS, Json
from tests.e2e.page.fake_park import name as both

DAY_MS = 86_400_000
CSRF = "csrf-of-this-session"
PASSWORD = "the kettle is on at nine"  # of nobody
CODE = "AMBER-7421-KILN"
COMMON = "passwordpassword"  # among the first that somebody would try
TOKEN = "one-time-token"
HOMES = {Role.ENTERPRISE: "/enterprises/huali", Role.AUDITOR: "/carbon"}


def problem(status: int, detail: str, *, hint: str = "", retry_s: int = 0) -> JSONResponse:
    """A refusal as the gateway words it."""
    body = {"type": f"/problems/{KINDS[status]}", "title": "Refused", "status": status, "detail": detail, "hint": hint}
    headers = {"Retry-After": str(retry_s)} if retry_s else None
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def _account(user: str, role: Role, **more: Any) -> Json:
    return {
        "name": user,
        "display": user.title(),
        "role": role,
        "enterprise": None,
        "valid_until": None,
        "disabled": False,
        "wall": False,
        "usable": True,
        "has_password": True,
        "external": False,
        "created_ms": START_MS - 30 * DAY_MS,
        "signed_in_ms": START_MS - 3_600_000,
        "sessions": 1,
        "keys": 0,
        **more,
    }


def _accounts() -> dict[str, Json]:
    invited: Json = {"signed_in_ms": None, "has_password": False, "sessions": 0}
    return {
        "chen": _account("chen", Role.ADMINISTRATOR),
        "lin": _account("lin", Role.OPERATOR),
        "huali": _account("huali", Role.ENTERPRISE, enterprise="huali", **invited),
        "auditor": _account("auditor", Role.AUDITOR, valid_until="2026-12-31"),
        "screen": _account("screen", Role.VIEWER, wall=True),
    }


def _key(name: str, scopes: list[str], days: int) -> Json:
    return {
        "id": f"k{len(name)}",
        "name": name,
        "account": "chen",
        "role": "administrator",
        "scopes": scopes,
        "enterprise": None,
        "valid": True,
        "created_ms": START_MS - DAY_MS,
        "expires_ms": START_MS + days * DAY_MS,
        "used_ms": START_MS - 60_000,
        "used_origin": "10.20.1.9",
    }


def _sessions() -> list[Json]:
    seen = {"created_ms": START_MS - 3_600_000, "seen_ms": START_MS - 60_000, "expires_ms": START_MS + DAY_MS}
    agent = {"agent": "Firefox 146 on Linux", "by_link": False}
    return [
        {"id": "s1", **seen, "origin": "10.20.1.7", **agent, "current": True},
        {"id": "s2", **seen, "origin": "10.20.1.8", **agent, "current": False},
    ]


def _keys() -> list[Json]:
    return [_key("Grafana", ["read", "export"], 90)]


@dataclass(slots=True)
class FakeSession:
    """What `GET session` says; tests change its fields before the page is opened, or while it is."""

    role: Role = Role.ADMINISTRATOR
    state: str = "signed_in"
    name: str = "chen"
    display: str = "Chen Jing"
    has_password: bool = True
    wall: bool = False  # the account of a screen on a wall
    oidc: bool = False
    others: int = 1  # sessions in other browsers
    wait_s: int = 0  # what a wrong password costs now
    wrong: list[str] = field(default_factory=list)  # unsafe requests without the token of the session
    orders: list[tuple[str, str, Json]] = field(default_factory=list)  # method, path, body
    users: dict[str, Json] = field(default_factory=_accounts)
    keys: list[Json] = field(default_factory=_keys)
    sessions: list[Json] = field(default_factory=_sessions)

    def document(self, time_ms: int) -> Json:
        """The session as the page reads it."""
        if self.state != "signed_in":
            return {"state": self.state, "time_ms": time_ms, "oidc": self.oidc, "languages": ["en", "zh"]}
        enterprise = "huali" if self.role is Role.ENTERPRISE else None
        return {
            "state": self.state,
            "time_ms": time_ms,
            "oidc": self.oidc,
            "languages": ["en", "zh"],
            "name": self.name,
            "display": self.display,
            "role": self.role,
            "enterprise": enterprise,
            "permissions": sorted(GRANTED[self.role]),
            "csrf": CSRF,
            "expires_ms": time_ms + 12 * 3_600_000,
            "idle_s": 1800,
            "has_password": self.has_password,
            "needs_old_password": self.has_password,
            "wall": self.wall,
            "site": {"id": "qinghe", "name": both("Qinghe Industrial Park", "清河工业园"), "timezone": "Asia/Shanghai"},
            "home": HOMES.get(self.role, "/park"),
        }


def routes(app: FastAPI, world: Any) -> None:
    """The routes of session, set-up, accounts and keys."""
    _people(app, world)

    @app.get("/api/v1/session")
    async def session() -> Json:
        return world.session.document(world.park.now_ms())  # type: ignore[no-any-return]

    @app.post("/api/v1/session")
    async def sign_in(request: Request) -> Any:
        given = await request.json()
        if world.session.wait_s:
            return problem(429, "too many tries", hint="wait 4 s", retry_s=world.session.wait_s)
        if given != {"name": "chen", "password": PASSWORD}:
            return problem(401, "name or password is wrong")
        return _signed_in(world)

    @app.post("/api/v1/session/token")
    async def by_link(request: Request) -> Any:
        if (await request.json())["token"] != TOKEN:
            return problem(401, "the link was used already or is too old")
        return _signed_in(world)

    @app.delete("/api/v1/session")
    async def sign_out() -> JSONResponse:
        world.session.state = "anonymous"
        return JSONResponse(world.session.document(world.park.now_ms()))

    @app.get("/api/v1/session/mine")
    async def mine() -> Any:
        own = {"id": "s1", "origin": "10.20.0.8", "agent": "Firefox", "seen_ms": START_MS, "current": True}
        items = [
            own,
            *({**own, "id": f"s{n}", "origin": "10.20.0.9", "current": False} for n in range(world.session.others)),
        ]
        return {"items": items, "total": len(items)}

    @app.delete("/api/v1/session/mine")
    async def end_others() -> Any:
        ended, world.session.others = world.session.others, 0
        return {"ended": ended}

    @app.put("/api/v1/session/password")
    async def password(request: Request) -> Any:
        given = await request.json()
        world.session.orders.append(("PUT", "session/password", given))
        if world.session.has_password and given.get("old") != PASSWORD:
            return problem(401, "the old password is wrong")
        world.session.has_password = True
        return _signed_in(world)

    @app.post("/api/v1/setup")
    async def setup(request: Request) -> Any:
        given = await request.json()
        world.session.orders.append(("POST", "setup", given))
        if given["password"] == COMMON:
            return problem(422, "the password is among the first that somebody would try")
        return _signed_in(world) if given["code"] == CODE else problem(401, "the setup code is wrong")


def _signed_in(world: Any) -> Json:
    world.session.state = "signed_in"
    return world.session.document(world.park.now_ms())  # type: ignore[no-any-return]


def _people(app: FastAPI, world: Any) -> None:
    link = {"token": TOKEN, "path": f"/login#token={TOKEN}", "expires_ms": START_MS + DAY_MS}

    @app.get("/api/v1/users")
    async def users() -> Json:
        return {"items": list(world.session.users.values()), "total": len(world.session.users)}

    @app.post("/api/v1/users", status_code=201)
    async def add(request: Request) -> Any:
        given = await request.json()
        world.session.orders.append(("POST", "users", given))
        if (name := given["name"]) in world.session.users:
            return problem(422, f"there is an account `{name}` already")
        world.session.users[name] = made = _account(name, **{k: v for k, v in given.items() if k != "name"})
        return {**made, "link": link}

    @app.patch("/api/v1/users/{user}")
    async def change(user: str, request: Request) -> Any:
        given = await request.json()
        world.session.orders.append(("PATCH", user, given))
        world.session.users[user] |= {**given, "usable": not given["disabled"]}
        return world.session.users[user]

    @app.delete("/api/v1/users/{user}")
    async def remove(user: str) -> Json:
        return world.session.users.pop(user)  # type: ignore[no-any-return]

    @app.post("/api/v1/users/{user}/link", status_code=201)
    async def one_time(user: str) -> Json:
        world.session.orders.append(("POST", f"{user}/link", {}))
        return link

    @app.get("/api/v1/users/{user}/sessions")
    async def sessions(user: str) -> Json:
        return {"items": world.session.sessions, "total": len(world.session.sessions)}

    @app.delete("/api/v1/users/{user}/sessions")
    async def end(user: str) -> Json:
        world.session.sessions.clear()
        return {"ended": 1}

    @app.get("/api/v1/keys")
    async def keys() -> Json:
        return {"items": world.session.keys, "total": len(world.session.keys)}

    @app.post("/api/v1/keys", status_code=201)
    async def add_key(request: Request) -> Json:
        given = await request.json()
        made = _key(given["name"], given["scopes"], given["days"])
        world.session.keys.append(made)
        return {**made, "key": f"pg_{made['id']}_secret-shown-once"}

    @app.delete("/api/v1/keys/{key}")
    async def remove_key(key: str) -> Json:
        world.session.keys[:] = [one for one in world.session.keys if one["id"] != key]
        return {"removed": key}
