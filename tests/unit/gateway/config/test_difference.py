"""What is other in a new configuration: every change is told, secrets are not, and what is the same is no news."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.config import load
from gateway.config.difference import Change, Kind, Part, differences, lines_touched
from gateway.config.plan import ParkPlan
from gateway.plugins import known_drivers
from tests.unit.gateway.config.mutations import FILES, changed, places, plan_of, trees

PARK = """
site: {id: qinghe, name: Qinghe}
enterprises: [{id: a}, {id: b}]
connections:
  one: {driver: modbus, host: 10.0.0.1}
  two: {driver: modbus, host: 10.0.0.2}
  broker: {driver: mqtt, host: 10.0.0.3, username: me, password: hush-1}
profiles:
  meter: {driver: modbus, kind: meter, groups: {g: 1 s}, points: {p: {table: input, address: 0}}}
  sensor: {driver: mqtt, kind: sensor, points: {t: {}}}
devices:
  - {id: m1, enterprise: a, profile: meter, connection: one, unit: 1}
  - {id: m2, enterprise: b, profile: meter, connection: two, unit: 1}
  - {id: t1, enterprise: b, profile: sensor, connection: broker, topic: a/b}
  - {id: oven, enterprise: b, kind: oven, connection: none}
sinks:
  influx: {driver: influxdb, url: "http://10.0.0.4:8086", org: o, bucket: b, token: hush-2}
notify:
  channels:
    duty: {driver: webhook, url: "https://10.0.0.5/hook?key=hush-3"}
store: {directory: data}
"""


@pytest.fixture
def compile_(tmp_path: Path) -> Any:
    def compiled(*edits: tuple[str, str]) -> ParkPlan:
        text = PARK
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new)
        (tmp_path / "park.yaml").write_text(text, encoding="utf-8")
        return load(tmp_path / "park.yaml", known_drivers()).plan

    return compiled


def told(changes: list[Change]) -> list[tuple[str, str, str]]:
    return [(change.kind.value, change.part.value, change.id) for change in changes]


TEXTS = ("name", "source", "verified", "notes", "device")  # of a profile: for people, or stated again by the device
ALL_TREES = trees()
VALUES = [
    (name, path)
    for name in FILES
    for path in places(ALL_TREES[name])
    if not (path[0] == "profiles" and len(path) > 2 and path[2] in TEXTS)
]


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ParkPlan]:
    folder = tmp_path_factory.mktemp("example") / "park"
    plan = plan_of(folder, ALL_TREES)
    assert plan is not None
    return folder, plan


@given(st.sampled_from(VALUES))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_other_value_is_told_or_refused(example: tuple[Path, ParkPlan], place: tuple[str, Any]) -> None:
    folder, plan = example
    name, path = place
    tree = changed(ALL_TREES[name], path, is_removed=False)
    if tree == ALL_TREES[name] or isinstance(at(ALL_TREES[name], path), dict):
        return  # a mapping without keys says what the defaults are
    found = plan_of(folder, {**ALL_TREES, name: tree})
    assert found is None or differences(plan, found)


def at(tree: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        tree = tree[key]
    return tree


def test_the_same_files_are_no_news_wherever_the_lines_are(example: tuple[Path, ParkPlan]) -> None:
    folder, plan = example
    assert (again := plan_of(folder, ALL_TREES)) is not None
    assert differences(plan, again) == []
    path = folder / "park.yaml"
    path.write_text("# a remark\n\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert differences(plan, load(path, known_drivers()).plan) == []


def test_every_part_of_a_plan_is_compared() -> None:
    compared = {
        "site", "enterprises", "devices", "connections", "sinks", "store", "api", "renamed_devices", "rules",
        "channels", "accounts", "backup",
    }  # fmt: skip
    assert {one.name for one in fields(ParkPlan)} == compared


def test_what_comes_and_goes_and_changes_is_told_by_part(compile_: Any) -> None:
    old = compile_()
    new = compile_(("id: oven,", "id: kiln,"), ("host: 10.0.0.2", "host: 10.0.0.9"), ("  influx:", "  other:"))
    assert told(differences(old, new)) == [
        ("changed", "connections", "two"),
        ("removed", "devices", "oven"),
        ("added", "devices", "kiln"),
        ("removed", "sinks", "influx"),
        ("added", "sinks", "other"),
    ]


@pytest.mark.parametrize("secret", ["hush-1", "hush-2", "hush-3"])
def test_a_secret_that_changed_is_told_and_not_shown(compile_: Any, secret: str) -> None:
    changes = differences(compile_(), compile_((secret, "sesame")))
    (change,) = changes
    assert change.kind is Kind.CHANGED
    assert change.fields
    assert "hush" not in str(change)
    assert "sesame" not in str(change)


@pytest.mark.parametrize(
    ("edit", "touched"),
    [
        (("connection: one, unit: 1", "connection: one, unit: 9"), {"one"}),
        (("host: 10.0.0.2", "host: 10.0.0.9"), {"two"}),
        (("id: m2, enterprise: b", "id: m2, enterprise: a"), {"two"}),
        (("id: m2, enterprise: b", "id: m2, name: {en: M}, enterprise: b"), set()),
        (("connection: two, unit: 1", "connection: one, unit: 2"), {"one"}),  # nobody is behind the other any more
        (("id: oven,", "id: kiln,"), set()),
        (("password: hush-1", "password: hush-9"), {"broker"}),
        (("name: Qinghe", "name: Other"), set()),
        (("kind: oven, connection: none", "profile: meter, connection: one, unit: 5"), {"one"}),
        (("address: 0", "address: 4"), {"one", "two"}),
        (("address: 0", "address: 0, name: {en: P}"), set()),
    ],
)
def test_only_the_connections_that_something_touches_begin_anew(
    compile_: Any, edit: tuple[str, str], touched: set[str]
) -> None:
    old, new = compile_(), compile_(edit)
    changes = differences(old, new)
    assert changes
    assert lines_touched(old, new, changes) == touched


def test_an_order_that_is_another_one_is_told_and_touches_no_line(compile_: Any) -> None:
    old, new = compile_(), compile_(("[{id: a}, {id: b}]", "[{id: b}, {id: a}]"))
    (change,) = differences(old, new)
    assert (change.part, change.id, [one.path for one in change.fields]) == (Part.ENTERPRISES, "", ["order"])
    assert not lines_touched(old, new, [change])
