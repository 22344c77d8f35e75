"""`park-gateway check` and `schema`: rules are counted, compiled and described like everything else."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app

DEMO = Path(__file__).parents[4] / "drivers" / "simulator" / "demo"
PARK = """\
site: {id: park}
enterprises: [{id: acme}]
connections: {line: {driver: modbus, host: h}}
devices:
  - {id: m1, enterprise: acme, profile: eastron-sdm120, connection: line, unit: 1}
  - {id: m2, enterprise: acme, profile: eastron-sdm120, connection: line, unit: 2}
"""


@pytest.fixture
def run(tmp_path):
    """Runs a command on the park with these rules."""

    def run_it(rules: str, *arguments: str):
        (tmp_path / "rules.d").mkdir(exist_ok=True)
        (tmp_path / "park.yaml").write_text(PARK, encoding="utf-8")
        (tmp_path / "rules.d" / "a.yaml").write_text(rules, encoding="utf-8")
        return CliRunner().invoke(app, ["check", "--config", str(tmp_path / "park.yaml"), *arguments])

    return run_it


def test_rules_and_alarms_are_counted(run) -> None:
    result = run("alarms: {a: {for_each: {kind: meter}, when: voltage > 250 V}, b: {when: m1.voltage > 1 V}}")
    assert result.exit_code == 0
    assert "2 connected" in result.stdout
    assert "2 rules, 3 alarms" in result.stdout


def test_what_is_wrong_with_a_rule_ends_the_command_with_its_place(run) -> None:
    result = run("alarms: {a: {for_each: {kind: meter}, when: voltge > 250 V}}")
    assert result.exit_code == 78
    assert "a.yaml:1:45: no point is called `voltge` (did you mean `voltage`?)" in result.output


def test_a_finding_is_a_warning(run) -> None:
    result = run("alarms: {a: {for_each: {role: pv}, when: voltage > 250 V}}")
    assert result.exit_code == 0
    assert "1 warning" in result.stdout


def test_programs_get_counts_warnings_and_errors(run) -> None:
    right = json.loads(run("alarms: {a: {for_each: {kind: meter}, when: voltage > 250 V}}", "--json").stdout)
    assert (right["ok"], right["rules"], right["alarms"], right["warnings"]) == (True, 1, 2, [])
    wrong = run("alarms: {a: {for_each: {kind: meter}, when: voltge > 250 V}}", "--json")
    assert wrong.exit_code == 78
    assert json.loads(wrong.stdout)["errors"][0]["column"] == 45


def test_the_demo_is_right() -> None:
    result = CliRunner().invoke(app, ["check", "--config", str(DEMO / "park.yaml")])
    assert result.exit_code == 0
    assert "warning" not in result.output


def test_the_schema_of_rules_is_another_than_that_of_the_park() -> None:
    park = json.loads(CliRunner().invoke(app, ["schema"]).stdout)
    rules = json.loads(CliRunner().invoke(app, ["schema", "--rules"]).stdout)
    assert set(rules["properties"]) == {"use", "calendars", "schedules", "alarms", "derived", "notify"}
    assert set(rules["properties"]) < set(park["properties"])


def test_meters_and_sources_are_counted_and_their_mistakes_told_beside_those_of_rules(run, tmp_path) -> None:
    right = json.loads(run("alarms: {}", "--json").stdout)
    assert (right["meters"], "emission_sources" in right) == (8, False)  # import and export, active and reactive
    (tmp_path / "accounts.yaml").write_text("energy: {meters: [{point: m1.energy_imprt}]}\n", encoding="utf-8")
    park = tmp_path / "park.yaml"
    park.write_text(f"{PARK}include: accounts.yaml\n", encoding="utf-8")
    (tmp_path / "rules.d" / "a.yaml").write_text("alarms: {a: {when: m1.voltge > 1 V}}", encoding="utf-8")
    result = CliRunner().invoke(app, ["check", "--config", str(park)])
    assert result.exit_code == 78
    assert "accounts.yaml:1:27: `m1` has no counter `energy_imprt` (did you mean `m1.energy_import`?)" in result.output
    assert "voltge" in result.output
    assert "2 errors in the configuration" in result.output


def test_the_schema_describes_emission_sources_like_calculations() -> None:
    document = json.loads(CliRunner().invoke(app, ["schema"]).stdout)
    sources = document["properties"]["carbon"]["anyOf"][0]["properties"]["sources"]["anyOf"][0]
    assert {"activity", "fuel", "factor", "meters", "enterprise"} <= sources["items"]["properties"].keys()
    assert "quantity" not in sources["items"]["properties"]
