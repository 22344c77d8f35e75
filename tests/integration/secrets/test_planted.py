"""Secrets planted in every place of a configuration, and looked for wherever the gateway says something."""

import asyncio
import json
import logging
import re
import socket
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from gateway.api.access import Principal, Role, Via, principal_of
from gateway.api.app import create_app
from gateway.api.live import Ticker
from gateway.cli.doctor import collect
from gateway.config import redacted
from gateway.config.apimodels import OidcModel
from gateway.config.backupmodels import BackupModel
from gateway.config.drivermodels import DriverModels
from gateway.pipeline.configuration import Configuration, load_configuration
from gateway.pipeline.engine import Gateway
from gateway.plugins import known_drivers
from gateway.web import assets
from tests.unit.gateway.api.every_route import EVERY_ROUTE

PARK = """
site: {{id: park}}
enterprises: [{{id: acme}}]
connections:
  broker: {{driver: mqtt, host: 127.0.0.1, port: {port}, username: u, password: {0}, topics: ["p/{{device}}"]}}
devices:
  - {{id: m, enterprise: acme, kind: meter, connection: broker, points: {{power: {{unit: kW}}}}}}
sinks:
  influx: {{driver: influxdb, url: "http://127.0.0.1:{port}", org: o, bucket: b, token: {1}}}
  old: {{driver: influxdb, api: v1, url: "http://127.0.0.1:{port}", database: d, username: u, password: {2}}}
notify:
  channels:
    hook: {{driver: webhook, secret_url: {url3}, secret: {4}, headers: {{X-Key: {5}}}, allow_loopback: true}}
    mail:
      {{driver: smtp, host: 127.0.0.1, port: {port}, username: u, password: {6}, from: a@b.example, to: [c@d.example]}}
    wecom: {{driver: wecom, webhook: {url7}, allow_loopback: true}}
    ding: {{driver: dingtalk, webhook: {url8}, secret: {9}, allow_loopback: true}}
    lark: {{driver: feishu, webhook: {url10}, secret: {11}, allow_loopback: true}}
    more: {{driver: apprise, urls: [{url12}]}}
    bus: {{driver: mqtt, host: 127.0.0.1, port: {port}, topic: t, username: u, password: {13}}}
backup: {{directory: copies, passphrase: {14}}}
api:
  oidc: {{issuer: "http://127.0.0.1:{port}", client_id: c, client_secret: {15}, roles: {{a: operator}}}}
"""
_URLS = {
    3: "http://127.0.0.1:{port}/hook/{secret}",
    7: "http://127.0.0.1:{port}/cgi-bin/webhook/send?key={secret}",
    8: "http://127.0.0.1:{port}/robot/send?access_token={secret}",
    10: "http://127.0.0.1:{port}/open-apis/bot/v2/hook/{secret}",
    12: "json://user:{secret}@127.0.0.1:{port}/{secret}",
}
COUNT = 16
PLAIN_PATHS = [path for path in EVERY_ROUTE if "{" not in path and not path.endswith("/live")]
CHANNELS = ("hook", "mail", "wecom", "ding", "lark", "more", "bus")


def planted(number: int) -> str:
    """A secret that stands nowhere else, also where only a part of it would be shown."""
    return f"planted{number:02d}Zq7xKw9vTm3b"


def written(folder: Path, port: int, *, in_files: bool) -> Path:
    """The configuration with all secrets, as plain text or in files beside it."""
    texts = {number: planted(number) for number in range(COUNT)}
    texts |= {number: url.format(port=port, secret=planted(number)) for number, url in _URLS.items()}
    if in_files:
        for number, text in texts.items():
            (folder / f"secret{number}").write_text(text)
    shown = {number: f"file:secret{number}" if in_files else json.dumps(text) for number, text in texts.items()}
    named = {f"url{number}": shown[number] for number in _URLS}
    path = folder / "park.yaml"
    path.write_text(PARK.format(*(shown[number] for number in range(COUNT)), port=port, **named))
    return path


def leaks(said: Mapping[str, str]) -> list[str]:
    """Where a secret, or a good part of one, was said."""
    found = re.compile("planted[0-9]{2}|Zq7xKw9vTm3b")
    return [
        f"{place}: …{text[max(0, hit.start() - 60) : hit.end() + 20]}…"
        for place, text in said.items()
        for hit in found.finditer(text)
    ]


def test_the_configuration_here_has_a_secret_in_every_place_where_one_can_stand(tmp_path: Path) -> None:
    models = DriverModels(known_drivers())
    wanted = models.secret_fields() | models.channel_secrets() | {"client_secret", "passphrase"}
    assert {name for name in wanted if f"{name}: " not in PARK} == set()
    assert [name for name, field in OidcModel.model_fields.items() if "Secret" in str(field.annotation)] == [
        "client_secret"
    ]
    assert [name for name, field in BackupModel.model_fields.items() if "Secret" in str(field.annotation)] == [
        "passphrase"
    ]
    assert all(planted(number) in written(tmp_path, 1, in_files=False).read_text() for number in range(COUNT))


def test_no_secret_from_a_file_is_said_of_the_configuration(tmp_path: Path) -> None:
    _, said = _judged(written(tmp_path, 9, in_files=True))
    assert leaks(said) == []


async def test_no_secret_is_said_anywhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "gateway")
    caplog.set_level(logging.DEBUG, "drivers")
    with closing(socket.socket()) as refusing:  # bound, and nobody listens: the port is nobody else's
        refusing.bind(("127.0.0.1", 0))
        path = await asyncio.to_thread(written, tmp_path, refusing.getsockname()[1], in_files=False)
        found, said = await asyncio.to_thread(_judged, path)
        gateway = await Gateway.open_configuration(found)
        stop = asyncio.Event()
        running = asyncio.create_task(gateway.run(stop))
        try:
            said |= await _answers(gateway)
        finally:
            stop.set()
            await running
            await gateway.close()
    said["log"] = "\n".join(f"{record.getMessage()} {record.exc_text or ''}" for record in caplog.records)
    assert len(said["log"]) > 0
    assert leaks(said) == []


def _judged(path: Path) -> tuple[Configuration, dict[str, str]]:
    """The configuration, and what is said of it without a gateway."""
    found = load_configuration(path)
    said = {"plan": repr(found.plan), "findings": "\n".join(map(str, found.findings))}
    return found, {**said, **redacted(path, known_drivers()), **collect(path)}


async def _answers(gateway: Gateway) -> dict[str, str]:
    """Every route that needs no more than its address, and a test message by every channel."""
    app = create_app(gateway, Ticker(gateway.clock), await asyncio.to_thread(assets))

    async def administrator() -> Principal:
        return Principal("test", Role.ADMINISTRATOR, "127.0.0.1", via=Via.SOCKET)

    app.dependency_overrides[principal_of] = administrator
    said: dict[str, str] = {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8080") as http:
        sent = [http.post(f"/api/v1/notifications/{name}/test") for name in CHANNELS]
        for name, answer in zip(CHANNELS, await asyncio.gather(*sent), strict=True):
            said[f"test of {name}"] = f"{answer.headers} {answer.text}"
        for path in PLAIN_PATHS:
            answer = await http.get(path)
            said[path] = f"{answer.headers} {answer.text}"
        preview = await http.post("/api/v1/configuration/preview")
        said["preview"] = preview.text
    assert "client_secret" in said["/api/v1/configuration"]
    return said
