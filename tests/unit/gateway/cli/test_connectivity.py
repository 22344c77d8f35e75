"""`park-gateway connectivity` says what came, what did not and why."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import connectivity
from gateway.cli.main import app
from gateway.core.errors import Rejected

FIGURE = {
    "known": 3, "connected": 2, "answering": 1, "expected": 1000, "received": 990, "good": 989, "rate": 0.98999,
    "reasons": {"timeout": 8, "silent": 2, "not_available": 1}, "gateway_down_s": 65.0,
}  # fmt: skip
NOTHING = {**FIGURE, "rate": None, "received": 0, "good": 0, "reasons": {}, "gateway_down_s": 0.0}
DEVICE = {**FIGURE, "id": "m1", "sentence": {"en": "No answer since 14:02.", "zh": ""}}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """The command against a gateway that answers this; the exit code and what was printed."""
    path = tmp_path / "park.yaml"
    path.write_text("site: {id: park}\nenterprises: [{id: acme}]\ndevices: []\n", encoding="utf-8")

    def call(answer: Any, *arguments: str, target: str) -> tuple[int, str]:
        def ask(socket: Path, method: str, asked: str, **_: Any) -> Any:
            assert (method, asked) == ("GET", f"/api/v1/connectivity{target}")
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(connectivity, "ask", ask)
        result = CliRunner().invoke(app, ["connectivity", "--config", str(path), *arguments])
        return result.exit_code, " ".join(result.output.split())

    return call


def test_the_park_and_its_enterprises_are_rows(run: Callable[..., tuple[int, str]]) -> None:
    answer = {"park": FIGURE, "enterprises": [{"id": "acme", **NOTHING}]}
    code, text = run(answer, "--period", "month", target="?period=month")
    assert code == 0
    assert "park 3 2 1 1000 989 98.99 % 8 timeout, 2 silent, 1 not_available" in text  # cut, not rounded up
    assert "acme 3 2 1 1000 0 - -" in text
    assert "the gateway itself did not run for 1 min 5 s of this month" in text


def test_an_enterprise_shows_what_each_of_its_devices_is_about(run: Callable[..., tuple[int, str]]) -> None:
    answer = {**FIGURE, "id": "acme", "devices": [DEVICE]}
    code, text = run(answer, "-e", "acme", target="/enterprises/acme?period=day")
    assert code == 0
    assert "acme: 98.99 % this day, 1 of 3 answer" in text
    assert "m1 98.99 % 8 timeout, 2 silent, 1 not_available No answer since 14:02." in text


def test_json_is_what_the_gateway_said(run: Callable[..., tuple[int, str]]) -> None:
    answer = {"park": FIGURE, "enterprises": []}
    code, text = run(answer, "--json", target="?period=day")
    assert (code, json.loads(text)) == (0, answer)


def test_an_enterprise_that_there_is_not_is_an_error(run: Callable[..., tuple[int, str]]) -> None:
    code, text = run(Rejected("no enterprise `x y`"), "-e", "x y", target="/enterprises/x%20y?period=day")
    assert code == 1
    assert "no enterprise `x y`" in text
