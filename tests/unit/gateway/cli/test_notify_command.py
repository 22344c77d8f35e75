"""`park-gateway notify`: what the running gateway says, for people."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import notify
from gateway.core.errors import GatewayError

PARK = "site: {id: p, timezone: Asia/Shanghai}\nenterprises: [{id: e}]\n"
CHANNEL = {
    "name": "duty", "driver": "wecom", "state": "ok", "error": "", "hint": "", "queued": 1, "sent": 5, "failed": 0,
    "expired": 0, "last_sent_ms": 1_790_000_000_000, "last_answer": "errcode 0",
}  # fmt: skip
ITEM = {
    "id": "1", "channel": "duty", "route": "default", "state": "sent", "title": {"en": "[High] Overload", "zh": ""},
    "queued_ms": 1_790_000_000_000, "sent_ms": None, "attempts": 1, "answer": "errcode 0",
}  # fmt: skip


class Peer:
    """A gateway that answers as told."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.answer: Any = {"channels": [CHANNEL], "items": [ITEM]}

    def ask(self, path: Path, method: str, target: str, **_: Any) -> Any:
        self.asked.append((method, target))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> Peer:
    found = Peer()
    monkeypatch.setattr(notify, "ask", found.ask)
    return found


@pytest.fixture
def run(tmp_path: Path) -> Any:
    config = tmp_path / "park.yaml"
    config.write_text(PARK, encoding="utf-8")
    return lambda *words: CliRunner().invoke(notify.app, [*words, "--config", str(config)])


def test_the_list_shows_channels_and_messages_in_the_sites_time(run: Any, peer: Peer) -> None:
    result = run("list")
    assert result.exit_code == 0
    assert peer.asked == [("GET", "/api/v1/notifications")]
    assert "2026-09-21 22:13:20" in result.output
    assert "errcode 0" in result.output
    assert "[High] Overload" in result.output


def test_a_test_shows_the_providers_answer(run: Any, peer: Peer) -> None:
    peer.answer = {"ok": True, "answer": "errcode 0"}
    result = run("test", "night shift")
    assert result.exit_code == 0
    assert peer.asked == [("POST", "/api/v1/notifications/night%20shift/test")]
    assert "the provider says: errcode 0" in result.output


def test_what_the_provider_refuses_ends_the_command_with_its_words(run: Any, peer: Peer) -> None:
    peer.answer = GatewayError("errcode 93000: invalid webhook url", "copy the robot's address")
    result = run("test", "duty")
    assert result.exit_code == 1
    assert "errcode 93000" in result.output + result.stderr


def test_without_channels_it_says_where_they_are_written(run: Any, peer: Peer) -> None:
    peer.answer = {"channels": [], "items": []}
    result = run("list")
    assert result.exit_code == 0
    assert "notify.channels" in result.output + result.stderr
