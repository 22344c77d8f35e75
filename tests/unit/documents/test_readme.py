"""What the README shows works: its configuration loads, its commands exist, its links lead somewhere."""

import re
from pathlib import Path

import pytest

from gateway.cli.main import app
from gateway.config import load
from gateway.plugins import known_drivers

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_configuration_of_the_first_screen_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFLUX_TOKEN", "token")
    (text,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    path = tmp_path / "park.yaml"
    path.write_text(text, encoding="utf-8")
    loaded = load(path, known_drivers())
    assert [str(finding) for finding in loaded.findings] == []
    assert len(loaded.plan.devices) == 4
    assert {sink.name for sink in loaded.plan.sinks} == {"influx", "history"}


def test_every_command_that_is_named_exists() -> None:
    known = {command.name for command in app.registered_commands}
    named = set(re.findall(r"(?:^|`)(?:park-gateway )?(read|trace|run|status|export|doctor|check|demo|schema)\b", README))
    assert named <= known
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z]+)\b", README)) <= targets


def test_every_link_leads_to_a_file() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target
