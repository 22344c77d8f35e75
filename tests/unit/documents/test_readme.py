"""The configuration that the README shows on its first screen works."""

import re
from pathlib import Path

import pytest

from gateway.plugins import known_drivers
from gateway.rulebook import load_park

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_configuration_of_the_first_screen_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFLUX_TOKEN", "token")
    monkeypatch.setenv("WECOM_URL", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0123")
    text, rules = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    path = tmp_path / "park.yaml"
    path.write_text(text, encoding="utf-8")
    (tmp_path / "rules.d").mkdir()
    (tmp_path / "rules.d" / "park.yaml").write_text(rules, encoding="utf-8")
    loaded, rulebook = load_park(path, known_drivers())
    assert [str(finding) for finding in loaded.findings] == []
    assert len(loaded.plan.devices) == 4
    assert {sink.name for sink in loaded.plan.sinks} == {"influx", "history"}
    assert {"electrical", "connectivity", "demand", ""} == {info.pack for info in rulebook.rules}
