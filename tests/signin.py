"""Signing in to a running gateway: accounts are made over its Unix socket, where nobody has to be signed in."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from gateway.cli.peer import ask

USERS = "/api/v1/users"


def asked(socket: Path, method: str, path: str, body: Any = None, *, timeout_s: float = 10.0) -> Any:
    """What the command line would get; in a thread, because a test with a browser stands on a running loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(ask, socket, method, path, body, timeout_s=timeout_s).result()


def one_time_link(socket: Path, role: str = "operator", **more: Any) -> str:
    """The path of a link that signs in once as somebody of this role: `/login#token=...`."""
    names = {user["name"] for user in asked(socket, "GET", USERS)["items"]}
    if not any(user["role"] == "administrator" for user in asked(socket, "GET", USERS)["items"]):
        asked(socket, "POST", USERS, {"name": "tests-root", "role": "administrator", "link": False})
    name = f"tests-{role}"
    if name in names:
        return str(asked(socket, "POST", f"{USERS}/{name}/link", {})["path"])
    return str(asked(socket, "POST", USERS, {"name": name, "role": role, **more})["link"]["path"])


def api_key(socket: Path, *scopes: str, role: str = "operator") -> str:
    """An API key of somebody of this role; `Authorization: Bearer` and this."""
    one_time_link(socket, role)
    body = {"name": "tests", "account": f"tests-{role}", "scopes": list(scopes), "days": 1}
    return str(asked(socket, "POST", "/api/v1/keys", body)["key"])


def sign_in(page: Any, base: str, socket: Path, role: str = "operator", **more: Any) -> None:
    """Let the browser of this page be signed in, without opening anything yet."""
    token = one_time_link(socket, role, **more).partition("#token=")[2]
    answer = page.context.request.post(f"{base}/api/v1/session/token", data={"token": token})
    assert answer.ok, answer.text()
