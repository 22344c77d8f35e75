"""The installed command calculates where there is no gateway, no configuration and no network."""

import json
import subprocess
from pathlib import Path

from tests.e2e.command.conftest import COMMAND


def test_the_installed_command_calculates_and_finds_its_catalogue(tmp_path: Path) -> None:
    description = {
        "activity": "purchased_electricity",
        "fuel": "grid_average",
        "region": "GB",
        "date": "2025-06-30",
        "quantity": "1 MWh",
    }
    (tmp_path / "calc.json").write_text(json.dumps(description, indent="\t"), encoding="utf-8")
    ended = subprocess.run(
        [COMMAND, "carbon", "calc", "calc.json", "--json"], capture_output=True, text=True, timeout=60, cwd=tmp_path
    )
    assert ended.returncode == 0, ended.stderr
    document = json.loads(ended.stdout)
    assert document["total"] == {
        "gas": "CO2e", "kg": "177", "exact_kg": "177", "t": "0.177", "uncertainty_percent": None,
    }  # fmt: skip
    assert document["co2e_not_split_by_gas_kg"] == "-0.01"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["calc.json"]
