"""Shipped profiles, the examples and the schema, with the real drivers."""

import json
import re
from functools import partial
from pathlib import Path

import jsonschema
import pytest

from gateway.carbon.models import TemplateModel
from gateway.config import load, rule_schema
from gateway.config import schema as park_schema
from gateway.config.nodes import Mapping, plain
from gateway.config.problems import Report
from gateway.config.profiles import SHIPPED
from gateway.config.yamltext import parse_yaml
from gateway.core.point import PointKind
from gateway.plugins import DRIVERS

ROOT = Path(__file__).parents[4]
schema = partial(park_schema, template=TemplateModel)
EXAMPLES = ROOT / "deploy" / "examples"
RULE_FILES = sorted((EXAMPLES / "rules.d").glob("*.yaml"))
PROFILES = sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def tree(path: Path) -> Mapping:
    """A YAML file as nodes."""
    report = Report()
    node = parse_yaml(path.read_text(encoding="utf-8"), str(path), report, lambda _: None)
    report.raise_problems()
    assert isinstance(node, Mapping)
    return node


def park_of_all_profiles(folder: Path) -> Path:
    """One device of each shipped profile."""
    devices = "".join(
        f"  - {{id: d{unit}, enterprise: acme, profile: {name}, connection: line, unit: {unit}}}\n"
        for unit, name in enumerate(PROFILES, start=1)
    )
    head = "site: {id: p}\nenterprises: [{id: acme}]\nconnections: {line: {driver: modbus, host: h}}\ndevices:\n"
    (folder / "park.yaml").write_text(head + devices, encoding="utf-8")
    return folder / "park.yaml"


def test_the_meters_that_parks_have_are_shipped() -> None:
    assert PROFILES == [
        "abb-b23",
        "acrel-adw300",
        "chint-dtsu666",
        "eastron-sdm120",
        "eastron-sdm630",
        "schneider-iem3000",
    ]


def test_all_shipped_profiles_fit_into_one_park_without_a_finding(tmp_path) -> None:
    loaded = load(park_of_all_profiles(tmp_path), DRIVERS)
    assert loaded.findings == []
    assert len(loaded.plan.connections[0].devices) == len(PROFILES)


def test_every_shipped_point_has_both_names_and_every_energy_is_a_counter_in_kwh(tmp_path) -> None:
    (line,) = load(park_of_all_profiles(tmp_path), DRIVERS).plan.connections
    points = [point for device in line.devices for group in device.groups for point in group.points]
    assert [point.name for point in points if not (point.names.en and point.names.zh)] == []
    assert {point.unit for point in points if point.kind is PointKind.COUNTER} == {"kWh", "kvarh"}
    assert {point.kind for point in points if point.name.startswith("energy")} == {PointKind.COUNTER}
    assert {point.unit for point in points if point.name == "power_active"} == {"kW"}


@pytest.mark.parametrize("name", PROFILES)
def test_a_shipped_profile_names_its_source_and_claims_no_verification(name) -> None:
    profile = plain(tree(SHIPPED / f"{name}.yaml"))
    assert isinstance(profile, dict)
    assert profile["source"]
    assert profile["verified"] is False


@pytest.mark.parametrize("name", PROFILES)
def test_the_schema_takes_a_shipped_profile(name) -> None:
    document = schema(DRIVERS)
    profile = {"$schema": document["$schema"], "$ref": "#/$defs/profile", "$defs": document["$defs"]}
    jsonschema.validate(plain(tree(SHIPPED / f"{name}.yaml")), profile)


def test_the_example_loads_with_nothing_but_what_it_warns_about_itself() -> None:
    loaded = load(EXAMPLES / "park.yaml", DRIVERS, {})
    assert loaded.findings == []
    assert {connection.driver for connection in loaded.plan.connections} == {"modbus", "mqtt"}
    assert [sink.driver for sink in loaded.plan.sinks] == ["history", "influxdb"]


def test_the_example_shows_every_option() -> None:
    files = [EXAMPLES / "park.yaml", *RULE_FILES]
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    document = schema(DRIVERS)
    definitions = {"": document, **document["$defs"]}
    options = {name for part in definitions.values() for name in part.get("properties", {})}
    said = re.compile(r"([a-z_]+):|^ *#   ([a-z_]+(?:, [a-z_]+)*)", re.MULTILINE)
    words = {word for match in said.finditer(text) for word in re.split("[, ]+", match[1] or match[2])}
    missing = sorted(options - words)
    assert missing == []


def test_the_schema_takes_the_example() -> None:
    jsonschema.validate(plain(tree(EXAMPLES / "park.yaml")), schema(DRIVERS))


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.name)
def test_both_schemas_take_the_example_rules(path) -> None:
    jsonschema.validate(plain(tree(path)), rule_schema(DRIVERS))
    jsonschema.validate(plain(tree(path)), schema(DRIVERS))


@pytest.mark.parametrize(
    ("make", "name", "option"), [(schema, "park", ""), (rule_schema, "rules", "--rules ")], ids=["park", "rules"]
)
def test_the_schema_is_a_schema_and_the_committed_one_is_current(make, name, option) -> None:
    document = make(DRIVERS)
    jsonschema.Draft202012Validator.check_schema(document)
    committed = json.loads((EXAMPLES / f"{name}.schema.json").read_text(encoding="utf-8"))
    assert committed == document, f"run: park-gateway schema {option}> deploy/examples/{name}.schema.json"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_every_example_points_editors_at_the_schema(path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=park.schema.json\n")


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: path.name)
def test_every_example_of_rules_points_editors_at_their_schema(path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=../rules.schema.json\n")


@pytest.mark.parametrize(
    "wrong",
    [
        {"sits": {}},
        {"connections": {"a": {"driver": "modbus", "prot": 5}}},
        {"connections": {"a": {"driver": "modbus", "port": "x"}}},
        {"connections": {"a": {"driver": "buss"}}},
        {"connections": {"a": {"driver": "mqtt", "host": "h", "keepalive": "1"}}},
        {"connections": {"A": {"driver": "modbus"}}},
        {"devices": [{"id": "a", "enterprise": "b"}]},
        {"devices": [{"id": "a", "enterprise": "b", "connection": "c", "untis": 5}]},
        {"profiles": {"p": {"driver": "mqtt", "points": {"t": {"address": 5}}}}},
        {"sinks": {"history": "off"}},
        {"alarms": {"a": {"wen": "x > 1"}}},
        {"alarms": {"a": {"when": "x > 1", "priority": "urgent"}}},
        {"alarms": {"A": {"when": "x > 1"}}},
        {"schedules": {"s": {"days": "workday", "time": "08:00-17:00"}}},
        {"notify": {"channels": {"c": {"driver": "wecom"}}}},
        {"notify": {"routes": {"r": {"at_least": "medium"}}}},
        {"use": {"electrical": []}},
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(wrong) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema(DRIVERS))


@pytest.mark.parametrize(
    "right",
    [
        {"connections": {"a": {"driver": "modbus", "port": "${PORT}"}}},
        {"sinks": {"history": "none"}},
        {"devices": {"csv": "meters.csv"}},
        {"devices": None},
        {"use": {"electrical": None, "chill": {"pack": "cold-room", "high": "8 °C", "devices": ["a"]}}},
        {"alarms": {"a": {"when": "x > 1", "hysteresis": 1, "for_each": {"kind": "meter"}, "parent": ["b"]}}},
        {"schedules": {"s": {"days_of_month": -1}}},
        {"notify": {"heartbeat": {"channel": "c"}, "channels": None}},
        {"notify": {"heartbeat": [{"channel": "c", "every": "1 d"}]}},
        {
            "profiles": {
                "p": {"driver": "modbus", "points": {"t": {"address": 5, "scale": "1/1000", "deadband": "1 %"}}}
            }
        },
    ],
)
def test_the_schema_takes_what_the_loader_takes(right) -> None:
    jsonschema.validate(right, schema(DRIVERS))
