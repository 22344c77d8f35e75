"""A device placed in the files of a configuration: in the right one, and what is wrong with it at its field."""

from pathlib import Path

import pytest

from gateway.config.drafts import Draft, Rewrites, at_fields, rewrites, written_entry
from gateway.config.nodes import Plain
from gateway.config.park import attempt
from gateway.config.profilelist import profiles_of
from gateway.core.errors import Rejected
from gateway.plugins import known_drivers

PARK = """\
site: {id: qinghe}  # the park
include: [more.yaml]
enterprises: [{id: acme}, {id: huali}]
connections:
  line-1: {driver: modbus, host: 10.0.0.5}  # cellar
devices:
  - {id: tx1, enterprise: acme, profile: eastron-sdm630, connection: line-1, unit: 1}
  - {id: oven, enterprise: huali, kind: machine, connection: none}  # deaf
  - {csv: machines.csv}
"""
MORE = "devices:\n  - id: lift   # in the hall\n    enterprise: acme\n    kind: lift\n    connection: none\n"
TABLE = (
    "id,name.en,name.zh,enterprise,kind,connection\r\n"
    "press,Press 1,一号压机,huali,machine,none\r\nsaw,Saw,锯,huali,machine,none\r\n"
)
WIDE = "id;enterprise;profile;connection;unit\npress;huali;eastron-sdm630;line-1;3\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "park.yaml").write_text(PARK, encoding="utf-8")
    (tmp_path / "more.yaml").write_text(MORE, encoding="utf-8")
    (tmp_path / "machines.csv").write_bytes(TABLE.encode("gbk"))
    return tmp_path / "park.yaml"


def after(changed: Rewrites) -> dict[str, str]:
    encodings = {".csv": "gb18030", ".yaml": "utf-8"}
    return {one.path.name: one.after.decode(encodings[one.path.suffix]) for one in changed.files}


def fields_of(config: Path, draft: Draft) -> list[str]:
    changed = rewrites(config, draft)
    found = attempt(config, known_drivers(), {}, changed.instead)
    return [one.field for one in at_fields(found.report.problems, changed, draft)]


def connected(unit: int | str = 7) -> dict[str, Plain]:
    return {"connection": "line-1", "profile": "eastron-sdm630", "unit": unit}


def test_a_deaf_machine_of_the_main_file_is_connected_there(config: Path) -> None:
    changed = rewrites(config, Draft("oven", connected()))
    row = "{id: oven, enterprise: huali, kind: machine, connection: line-1, profile: eastron-sdm630, unit: 7}  # deaf"
    assert list(after(changed)) == ["park.yaml"]
    assert row in after(changed)["park.yaml"]
    plan = attempt(config, known_drivers(), {}, changed.instead).plan
    assert plan is not None
    assert [device.device.id for device in plan.connections[0].devices] == ["tx1", "oven"]


def test_a_device_of_an_included_file_is_changed_in_that_file_with_its_new_connection(config: Path) -> None:
    changed = rewrites(config, Draft("lift", connected() | {"connection": "line-2"}, ("line-2", {"driver": "modbus"})))
    assert list(after(changed)) == ["more.yaml"]
    new = after(changed)["more.yaml"]
    assert new.startswith("devices:\n  - id: lift   # in the hall\n")
    added = "    connection: line-2\n    profile: eastron-sdm630\n    unit: 7\n"
    assert new.endswith(f"{added}\nconnections:\n  line-2: {{driver: modbus}}\n")


def test_a_row_of_a_table_that_lacks_the_columns_moves_to_the_main_file(config: Path) -> None:
    changed = rewrites(config, Draft("press", connected()))
    assert list(after(changed)) == ["machines.csv", "park.yaml"]  # in this order: rather missing than there twice
    assert after(changed)["machines.csv"] == "".join(TABLE.splitlines(keepends=True)[::2])
    there = "id: press, name: {en: Press 1, zh: 一号压机}, enterprise: huali, kind: machine"
    wanted = f"  - {{{there}, connection: line-1, profile: eastron-sdm630, unit: 7}}\n"
    assert f"# deaf\n{wanted}  - {{csv" in after(changed)["park.yaml"]
    assert not attempt(config, known_drivers(), {}, changed.instead).report.problems


def test_a_row_of_a_table_that_has_the_columns_is_changed_in_its_line(config: Path) -> None:
    (config.parent / "machines.csv").write_text(WIDE, encoding="utf-8")
    changed = rewrites(config, Draft("press", {"unit": 12}))
    assert after(changed) == {"machines.csv": WIDE.replace(";3", ";12")}
    moved = rewrites(config, Draft("press", {"name": {"en": "Press"}}))
    assert list(after(moved)) == ["machines.csv", "park.yaml"]


def test_problems_stand_at_the_fields_that_a_person_filled_in(config: Path) -> None:
    new = {**connected(unit=300), "enterprise": "nobody"}
    assert sorted(fields_of(config, Draft("m9", new))) == ["device.enterprise", "device.unit"]
    assert fields_of(config, Draft("m9", {"kind": "meter", "connection": "none"})) == ["device.enterprise"]
    assert fields_of(config, Draft("M 9", {"enterprise": "acme", "kind": "x", "connection": "none"})) == ["device.id"]
    line: dict[str, Plain] = {"driver": "modbus", "port": 0}
    bad = Draft("m9", {**connected(), "connection": "line-2", "enterprise": "acme"}, ("line-2", line))
    assert fields_of(config, bad) == ["connection.port"]
    assert fields_of(config, Draft("oven", connected(unit="x"))) == ["device.unit"]


def test_a_connection_that_is_there_is_not_written_twice(config: Path) -> None:
    with pytest.raises(Rejected, match="is there already"):
        rewrites(config, Draft("oven", connected(), ("line-1", {"driver": "modbus"})))


def test_the_version_is_another_one_as_soon_as_any_file_is(config: Path) -> None:
    draft = Draft("oven", {"unit": 1})
    first = rewrites(config, draft).version
    assert rewrites(config, draft).version == first
    with (config.parent / "more.yaml").open("a", encoding="utf-8") as file:
        file.write("# later\n")
    assert rewrites(config, draft).version != first


def test_an_entry_is_shown_as_it_stands_with_its_place(config: Path) -> None:
    names = {"en": "Saw", "zh": "锯"}
    entry = {"id": "saw", "name": names, "enterprise": "huali", "kind": "machine", "connection": "none"}
    assert written_entry(config, "saw", frozenset()) == {"device": entry, "file": "machines.csv", "line": 3}
    assert written_entry(config, "nobody", frozenset()) is None


def test_the_list_of_profiles_has_those_of_the_folder_and_says_what_they_are_for(config: Path) -> None:
    (config.parent / "profiles").mkdir()
    own = "# Ours.\n# From the manual.\ndriver: mqtt\nkind: cold\nname: Cold room\npoints: {t: {path: temp}}\n"
    (config.parent / "profiles" / "cold.yaml").write_text(own, encoding="utf-8")
    found = {one["profile"]: one for one in profiles_of(config, known_drivers())}
    assert found["cold"]["origin"] == "folder"
    assert found["cold"]["notes"] == "Ours. From the manual."
    assert found["cold"]["points"][0]["address"] == {"path": "temp"}
    assert found["eastron-sdm630"]["origin"] == "shipped"
    assert "eastron" in found["eastron-sdm630"]["searched"]
