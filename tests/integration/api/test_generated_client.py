"""openapi-python-client makes a typed client of the document without a warning, and the client works."""

import asyncio
import importlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.api.access import Role
from gateway.identity.accounts import AccountWanted
from tests.unit.gateway.api.conformance import document
from tests.unit.gateway.api.conftest import files, park, plan

__all__ = ["files", "park", "plan"]  # fixtures
ROOT = Path(__file__).parents[3]
BASE = "http://127.0.0.1:8080"


@pytest.fixture(scope="module")
def client_package(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder with the package `park_client`, made as the reference says."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "openapi.json").write_text(json.dumps(document()), encoding="utf-8")
    command = [
        sys.executable, "-m", "openapi_python_client", "generate", "--path", "openapi.json", "--meta", "none",
        "--output-path", "park_client", "--fail-on-warning",
        "--config", str(ROOT / "deploy/openapi-python-client.yaml"),
    ]  # fmt: skip
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    assert "WARNING" not in made.stdout + made.stderr
    return str(folder)


async def test_the_generated_client_is_typed_and_asks_with_a_key(
    client_package: str, park: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(client_package)
    made = await asyncio.to_thread(importlib.import_module, "park_client")
    for path in await asyncio.to_thread(lambda: sorted(Path(client_package).rglob("api/*/*.py"))):
        name = ".".join(path.relative_to(client_package).with_suffix("").parts)
        await asyncio.to_thread(importlib.import_module, name)

    await park.gateway.identities.accounts.add(AccountWanted("root", Role.ADMINISTRATOR))
    park.become(None, Role.ADMINISTRATOR)
    wanted = {"name": "test", "scopes": ["read"], "days": 1, "account": "root"}
    key = (await park.http.post("/api/v1/keys", json=wanted)).json()["key"]
    park.be_nobody()
    park.feed("grid", 12.5, 1.0)

    client = made.AuthenticatedClient(BASE, token=key, httpx_args={"transport": httpx.ASGITransport(park.app)})
    points = importlib.import_module("park_client.api.points.points")
    found = await points.asyncio(client=client, device="grid", limit=1)
    assert (found.total, found.items[0].tag, found.items[0].value) == (2, "grid.power_active", 12.5)
    device = importlib.import_module("park_client.api.devices.device")
    problem = await device.asyncio("nobody", client=client)
    assert (problem.status, problem.type_) == (404, "/problems/not-found")
    stranger = made.AuthenticatedClient(BASE, token="pg_x_y", httpx_args={"transport": httpx.ASGITransport(park.app)})
    assert (await points.asyncio(client=stranger)).status == 401
