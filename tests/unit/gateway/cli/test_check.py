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


ACCOUNTS = """\
site: {id: park, timezone: Asia/Shanghai}
enterprises: [{id: acme}, {id: zeta}]
connections: {line: {driver: modbus, host: h}}
devices:
  - {id: m1, enterprise: acme, profile: eastron-sdm120, connection: line, unit: 1}
  - {id: m2, enterprise: zeta, profile: eastron-sdm120, connection: line, unit: 2}
"""
WRONG = """\
energy:
  loss_limit: many
  meters:
    - {point: m1.energy_importt, rated: 20 kW}
    - {point: m2.energy_import, rated: 20 m3/h}
  virtual:
    - {id: rest, enterprise: acme, plus: [m1.energy_import], minus: 5.5.5, mediun: heat}
    - {id: other, enterprise: acm, plus: [m1.energy_import, virtual.rest]}
  allocations:
    - {of: virtual.rest, by: area, valid_from: 2026-01-01, weights: {acme: 1}}
    - {of: m9.energy_import, by: area, valid_from: 2026-01-01, weights: {acme: 1}}
carbon:
  base_year: 1901
  region: CN-ZJ
  sources:
    - {id: boiler, enterprise: acme, activity: stationary_combustion, fuel: dieselx}
    - {id: truck, enterprise: nobody, activity: stationary_combustion, fuel: diesel}
tariffs:
  - {id: a, valid_from: soon, enterprises: [acne], price: 0.5}
  - {id: b, valid_from: 2026-01-01, enterprises: [zetta], price: 0.5}
  - {id: c, valid_from: 2026-01-01, enterprises: [zeta], price: -0.5}
  - {id: d, valid_from: 2026-01-01, enterprises: [zeta], price: 0.5, currency: YUAN}
"""


def told(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "park.yaml"
    path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["check", "--config", str(path), "--json"])
    found = json.loads(result.stdout)
    return [f"{one['line']}: {one['message']}" for one in found.get("errors") or found["warnings"]]


def test_mistakes_of_form_do_not_hide_those_of_sense_in_accounts(tmp_path: Path) -> None:
    found = told(tmp_path, ACCOUNTS + WRONG)
    lines = [int(one.split(":")[0]) for one in found]
    assert lines == sorted(lines)
    assert {8, 10, 11, 13, 14, 17, 19, 22, 23, 25, 26, 27, 28} <= set(lines), found
    assert not any("virtual.rest" in one for one in found)  # it is told already where it stands


def test_prices_are_looked_at(tmp_path: Path) -> None:
    text = ACCOUNTS + "tariffs:\n"
    text += "  - {id: a, valid_from: 2026-01-01, price: 65, feed_in: -0.1, demand: {by: maximum, price: 1000000000}}\n"
    assert sorted(one for one in told(tmp_path, text) if "tariff" in one) == [
        "8: tariff `a`: `feed_in` per kWh of -0.1 CNY is negative",
        "8: tariff `a`: a demand price per kW or kVA and month of 1000000000 CNY: so much?",
        "8: tariff `a`: a flat price per kWh of 65 CNY: so much?",
    ]


@pytest.mark.parametrize(
    "part", ["price: -0.5", "price: 1, self_use: -1", "price: 1, demand: {by: maximum, price: -30}"]
)
def test_a_negative_price_is_an_error(tmp_path: Path, part: str) -> None:
    (found,) = told(tmp_path, ACCOUNTS + "tariffs:\n  - {id: a, valid_from: 2026-01-01, " + part + "}\n")
    assert found.startswith("8: a price is not negative")


def test_tariffs_that_leave_today_without_one_are_a_finding_that_names_the_enterprise(tmp_path: Path) -> None:
    text = (
        ACCOUNTS
        + "tariffs:\n  - {id: a, enterprises: [acme], valid_from: 2025-01-01, valid_to: 2025-12-31, price: 1}\n"
    )
    found = [one for one in told(tmp_path, text) if "for today" in one]
    assert [one.split(" for today")[0] for one in found] == ["8: `acme` has no tariff", "8: `zeta` has no tariff"]
    right = text.replace(", valid_to: 2025-12-31", "").replace("[acme]", "[acme, zeta]")
    assert not any("for today" in one for one in told(tmp_path, right))
