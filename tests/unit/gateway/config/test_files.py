"""Included files and profiles from folders."""

import pytest

PROFILE = "driver: bus\nkind: room\ngroups: {g: 1 s}\npoints: {t: {address: 5}}\n"
DEVICE = "devices: [{id: d, enterprise: acme, profile: room, connection: line}]\n"


def test_an_included_folder_is_merged_in_the_order_of_its_names(load_text, minimal) -> None:
    first = "enterprises: [{id: b}]\ndevices: [{id: d1, enterprise: b, kind: x, connection: none}]"
    second = "devices: [{id: d2, enterprise: acme, kind: x, connection: none}]\nsinks: {c: {driver: cloud, url: u}}"
    plan = load_text(minimal + "include: [d/]", d__2_yaml=second, d__1_yaml=first, d__note_txt="{").plan
    assert [enterprise.id for enterprise in plan.enterprises] == ["acme", "b"]
    assert [device.id for device in plan.devices] == ["d1", "d2"]
    assert [sink.name for sink in plan.sinks] == ["history", "c"]


def test_one_file_may_be_included_by_its_name(load_text, minimal) -> None:
    text = minimal + "include: more.yaml"
    more = "devices: [{id: d1, enterprise: acme, kind: x, connection: none}]"
    assert len(load_text(text, more_yaml=more).plan.devices) == 1


def test_a_section_whose_entries_are_commented_out_is_empty(load_text) -> None:
    assert load_text("site: {id: p}\ndevices:\n  # - id: x\nsinks:\nprofiles:\n").plan.devices == ()


def test_a_profile_may_stand_in_the_users_folder(load_text, minimal) -> None:
    plan = load_text(minimal + DEVICE, profiles__room_yaml=PROFILE).plan
    assert (plan.devices[0].kind, plan.connections[0].devices[0].groups[0].points[0].name) == ("room", "t")


def test_the_configuration_s_own_profile_comes_before_the_folder_s(load_text, minimal) -> None:
    own = "  room: {driver: bus, kind: own, groups: {g: 1 s}, points: {t: {address: 5}}}\n"
    assert load_text(minimal + own + DEVICE, profiles__room_yaml=PROFILE).plan.devices[0].kind == "own"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "profiles/room.yaml:1:1: `driver` is missing"),
        ("- a", "profiles/room.yaml:1:1: profile `room` is a mapping (write `{driver: ..., points: {...}}`)"),
        ("driver: bus\nunti: x", "profiles/room.yaml:2:1: unknown key `unti`"),
        (
            "driver: bus\ndriver: bus\nkind: x\ngroups: {g: 1 s}\npoints: {p: {address: 1}}",
            "profiles/room.yaml:2:1: key `driver` stands here a second time (first: line 1)",
        ),
        ("a: [", "profiles/room.yaml:1:5: not readable as YAML: did not find expected node content"),
    ],
)
def test_a_problem_in_a_profile_s_file_is_told_once_with_its_place(refuse_text, minimal, text, problem) -> None:
    entry = "  - {id: d%d, enterprise: acme, profile: room, connection: line}\n"
    (told,) = refuse_text(minimal + "devices:\n" + entry % 1 + entry % 2, profiles__room_yaml=text)
    assert told.startswith(problem)


def test_a_file_that_is_not_utf8_is_refused_with_the_place(refuse_text) -> None:
    (problem,) = refuse_text("site: {id: p}\ninclude: a.yaml", a_yaml="site:\n  id: 表".encode("gbk"))
    assert problem == "a.yaml:2:7: not UTF-8 text (save the file as UTF-8)"


def test_a_byte_order_mark_is_nothing(load_text) -> None:
    assert load_text("\ufeffsite: {id: p}").plan.site.id == "p"


def test_a_configuration_that_is_not_there_is_an_error(tmp_path, drivers) -> None:
    from gateway.config import ConfigErrors, load

    with pytest.raises(ConfigErrors, match="cannot read") as caught:
        load(tmp_path / "park.yaml", drivers, {})
    assert str(caught.value).startswith(f"{tmp_path}/park.yaml:1:1: ")


def test_a_socket_path_that_no_system_takes_is_an_error(refuse_text) -> None:
    (problem,) = refuse_text(f"site: {{id: p}}\nstore: {{directory: /{'a' * 120}}}")
    assert "longer than 107 bytes" in problem


def test_an_included_file_without_an_end_is_refused(refuse_text) -> None:
    (problem,) = refuse_text("site: {id: park}\ninclude: /dev/zero\n")
    assert problem == "/dev/zero:1:1: `/dev/zero` is larger than 64 MiB (is it the right file?)"
