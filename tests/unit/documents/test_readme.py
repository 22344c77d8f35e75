"""The configuration that the README shows on its first screen works."""

import re
from pathlib import Path

import pytest

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
