"""What the guide to interval quantities shows is what the command prints, and its hash can be made by hand."""

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import energy
from gateway.cli.main import app

GUIDE = Path(__file__).parents[3] / "deploy" / "guide" / "energy-intervals.md"
PARK = """
site: {id: park, timezone: Asia/Shanghai}
enterprises: [{id: works}]
connections:
  broker: {driver: mqtt, host: 127.0.0.1, topics: ["park/{enterprise}/{device}/telemetry"]}
devices:
  - {id: tx1, enterprise: works, kind: meter, connection: broker, points: {energy_import: {unit: kWh, kind: counter}}}
"""


def blocks() -> dict[str, str]:
    """The guide's samples by their language."""
    return dict(re.findall(r"^```(\w+)\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))


def printed(folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> str:
    """What the guide's command prints over the guide's samples."""
    shown = blocks()
    (folder / "park.yaml").write_text(PARK, encoding="utf-8")
    (folder / "meters.yaml").write_text(shown["yaml"], encoding="utf-8")

    def fetch(_plan: Any, _wanted: Any, part: Path) -> None:
        part.write_text(shown["csv"], encoding="utf-8")

    monkeypatch.setattr(energy, "fetch", fetch)
    (line,) = re.findall(r"`park-gateway (energy intervals [^`]*)`", GUIDE.read_text(encoding="utf-8"))
    files = ("--meters", str(folder / "meters.yaml"), "-c", str(folder / "park.yaml"))
    result = CliRunner().invoke(app, [*line.split(), *files, *options])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_table_of_the_guide_is_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line.rstrip() for line in printed(tmp_path, monkeypatch).strip().splitlines()]
    assert "\n".join(lines) + "\n" == blocks()["text"]


def test_the_hash_of_the_guide_can_be_made_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (account,) = json.loads(printed(tmp_path, monkeypatch, "--json"))
    canonical = blocks()["json"].strip()
    digest = sha256(canonical.encode()).hexdigest()
    assert digest == account["intervals"][0]["hash"]
    assert f"has the hash `{digest}`" in GUIDE.read_text(encoding="utf-8")
    assert json.loads(canonical)["meter"] == sha256(account["declaration"].encode()).hexdigest()
    assert json.loads(canonical)["readings"] == account["intervals"][0]["readings"]
