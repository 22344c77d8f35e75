"""`park-gateway quarantine`: what was refused, for people, and trying it again."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import quarantine

PARK = "site: {id: p, timezone: Asia/Shanghai}\nenterprises: [{id: e}]\n"
LETTER = {
    "first_seen_ms": 1_790_000_000_000, "sink": "influx", "status": 400, "reason": "field type conflict",
    "line": "meter,device=tx1 power=1", "count": 3,
}  # fmt: skip
DONE = {"delivered": 6, "refused": 2, "left": 0, "error": "", "hint": ""}


class Peer:
    """A gateway that answers as told."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self.answer: Any = DONE

    def ask(self, path: Path, method: str, target: str, body: Any = None, **_: Any) -> Any:
        self.asked.append((method, target, body))
        return self.answer


@pytest.fixture
def peer(monkeypatch: pytest.MonkeyPatch) -> Peer:
    found = Peer()
    monkeypatch.setattr(quarantine, "ask", found.ask)
    return found


@pytest.fixture
def run(tmp_path: Path) -> Any:
    config = tmp_path / "park.yaml"
    config.write_text(PARK, encoding="utf-8")
    return lambda *words, **more: CliRunner().invoke(quarantine.app, [*words, "--config", str(config)], **more)


def test_the_list_shows_reasons_in_the_sites_time(run: Any, peer: Peer) -> None:
    peer.answer = {"items": [LETTER], "next": None}
    result = run("list", "-n", "5")
    assert result.exit_code == 0
    assert peer.asked == [("GET", "/api/v1/quarantine?limit=5", None)]
    assert "2026-09-21 22:13:20" in result.output
    assert "field type conflict" in result.output
    peer.answer = {"items": [], "next": None}
    assert "no server refused anything" in run("list").output


def test_a_retry_asks_first_and_says_what_became_of_it(run: Any, peer: Peer) -> None:
    assert run("retry", "influx", input="n\n").exit_code == 1
    assert peer.asked == []
    result = run("retry", "influx", input="y\n")
    assert result.exit_code == 0
    assert "6 samples delivered, 2 refused again, 0 not tried" in result.output
    run("retry", "influx", "--reason", "field type conflict", "--yes")
    bodies = [{"sink": "influx"}, {"sink": "influx", "reason": "field type conflict"}]
    assert peer.asked == [("POST", "/api/v1/quarantine/retry", body) for body in bodies]


def test_a_server_that_went_away_ends_the_command_with_its_words(run: Any, peer: Peer) -> None:
    peer.answer = {**DONE, "left": 9, "error": "the server does not answer", "hint": "is it up?"}
    result = run("retry", "influx", "--yes")
    assert result.exit_code == 1
    assert "9 not tried" in result.output
    assert "the server does not answer" in result.output + result.stderr
