"""Editing a YAML text: exactly the wanted change, and every other line and comment as it was."""

from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.config.edit import Patch, added, appended, flow_text, merge, patched
from gateway.config.nodes import Plain, plain
from gateway.config.problems import Report
from gateway.config.yamltext import parse_yaml
from gateway.core.errors import Rejected

PARK = """\
# The park.   Two spaces are meant.
site: {id: qinghe,   name: "清河 园区"}   # one line

connections:  # lines
  line-1: {driver: modbus, host: 10.0.0.5}  # cellar
devices:
  # Park
  - {id: tx1, enterprise: park, connection: line-1, unit: 1}  # incomer
  - id: oven-3      # deaf
    name: {en: 'Oven 3', zh: 3 号烘箱}
    enterprise: dongyue
    connection: none   # until somebody pulls a cable

    kind: machine
  # the end of Dongyue
  - {csv: meters.csv}
store: {directory: data}
"""


def values(text: str) -> Plain:
    report = Report()
    tree = parse_yaml(text, "park.yaml", report, lambda _: None)
    assert not report.problems
    return None if tree is None else plain(tree)


def comments(text: str) -> list[str]:
    return [line[line.index("#") :].rstrip() for line in text.splitlines() if "#" in line]


def test_a_deaf_machine_is_connected_and_nothing_else_is_touched() -> None:
    new = patched(PARK, ("devices", 1), {"connection": "line-1", "unit": 7, "profile": "eastron-sdm630"})
    assert new == PARK.replace("connection: none ", "connection: line-1 ").replace(
        "    kind: machine\n", "    kind: machine\n    unit: 7\n    profile: eastron-sdm630\n"
    )


def test_a_device_in_one_line_stays_in_one_line() -> None:
    new = patched(PARK, ("devices", 0), {"connection": "none", "unit": None, "name": {"zh": "一号进线"}})
    assert "  - {id: tx1, enterprise: park, connection: none, name: {zh: 一号进线}}  # incomer\n" in new
    assert len(new.splitlines()) == len(PARK.splitlines())


def test_a_key_with_a_comment_behind_it_leaves_the_comment() -> None:
    new = patched(PARK, ("devices", 1), {"connection": None})
    assert "    # until somebody pulls a cable\n" in new
    assert comments(new) == comments(PARK)


def test_what_is_there_already_keeps_its_form() -> None:
    same: Patch = {"name": {"en": "Oven 3", "zh": "3 号烘箱"}, "connection": "none"}
    assert patched(PARK, ("devices", 1), same) == PARK
    assert "name: {en: 'Oven 3', zh: Oven}" in patched(PARK, ("devices", 1), {"name": {"en": "Oven 3", "zh": "Oven"}})


def test_a_new_device_stands_behind_its_neighbour() -> None:
    new = appended(PARK, "devices", {"id": "tx2", "unit": 2}, after=0)
    assert "# incomer\n  - {id: tx2, unit: 2}\n  - id: oven-3" in new
    last = appended(PARK, "devices", {"id": "z"})
    assert last.endswith("  - {csv: meters.csv}\n  - {id: z}\nstore: {directory: data}\n")


def test_a_new_connection_stands_behind_the_last() -> None:
    new = added(PARK, "connections", "line-2", {"driver": "modbus", "host": "10.0.0.6"})
    assert "# cellar\n  line-2: {driver: modbus, host: 10.0.0.6}\ndevices:" in new


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a: 1\n", "a: 1\n\ndevices:\n  - {id: m}\n"),
        ("a: 1", "a: 1\n\ndevices:\n  - {id: m}\n"),
        ("devices:\n", "devices:\n  - {id: m}\n"),
        ("devices:  # none yet\na: 1\n", "devices:  # none yet\n  - {id: m}\na: 1\n"),
        ("devices: []\n", "devices: [{id: m}]\n"),
        ("devices: [{id: a}] # b\n", "devices: [{id: a}, {id: m}] # b\n"),
        ("devices: {csv: m.csv}  # all\n", "devices:\n  - {csv: m.csv}  # all\n  - {id: m}\n"),
        ("devices:\n- id: a\n  b: 2\n# c\n", "devices:\n- id: a\n  b: 2\n- {id: m}\n# c\n"),
        ("devices:\r\n  - id: a # x\r\nb: 1\r\n", "devices:\r\n  - id: a # x\r\n  - {id: m}\r\nb: 1\r\n"),
        ("\ufeffdevices:\n  - id: a", "\ufeffdevices:\n  - id: a\n  - {id: m}"),
        ("", "\ndevices:\n  - {id: m}\n"),
    ],
)
def test_a_list_of_devices_in_any_form_takes_one_more(text: str, wanted: str) -> None:
    assert appended(text, "devices", {"id": "m"}) == wanted


def test_what_cannot_be_changed_without_losing_a_comment_is_refused() -> None:
    text = "devices:\n  - id: a\n    points:  # ours\n      p: {address: 1}  # first\n"
    with pytest.raises(Rejected, match="several lines with a comment inside"):
        patched(text, ("devices", 0), {"points": [1]})
    with pytest.raises(Rejected, match="behind the dash"):
        patched("devices:\n  - id: a\n    b: 1\n", ("devices", 0), {"id": None})


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
KEY = st.from_regex(r"[a-z][a-z_]{0,5}", fullmatch=True)
OTHER_KEY = KEY.filter(lambda key: key != "id")  # an entry is found again by its id
NUMBERS = st.integers(-(10**12), 10**12) | st.floats(-1e6, 1e6).map(lambda number: round(number, 3))
SCALARS = st.one_of(TEXT, NUMBERS, st.booleans())
VALUES: st.SearchStrategy[Plain] = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEY, inner, max_size=3)), max_leaves=4
)


@given(VALUES)
def test_whatever_is_written_is_read_again(value: Plain) -> None:
    text = flow_text(value).replace("${", "")
    assume("${" not in flow_text(value))
    assert "\n" not in text
    assert values(f"k: {text}\n") == {"k": value}


COMMENT = st.sampled_from(["", "  # why", " #: x, y", "   # {a: b}"])


@st.composite
def a_device(draw: Callable[..., object], number: int) -> list[str]:
    """The lines of an entry in one of the forms that people write."""
    keys = draw(st.dictionaries(OTHER_KEY, SCALARS, max_size=4))
    assert isinstance(keys, dict)
    pairs = [("id", f"m{number}"), *keys.items()]
    form = draw(st.sampled_from(["line", "block", "lines"]))
    texts = [f"{key}: {flow_text(value)}" for key, value in pairs]
    assume(not any("${" in one for one in texts))
    tail = [str(draw(COMMENT)) for _ in pairs]
    if form == "line":
        return [f"  - {{{', '.join(texts)}}}{tail[0]}"]
    if form == "lines":
        inner = [f"     {one},{end}" for one, end in zip(texts[1:], tail[1:], strict=True)]
        return [f"  - {{{texts[0]},{tail[0]}", *inner, "    }"]
    return [f"  - {texts[0]}{tail[0]}", *(f"    {one}{end}" for one, end in zip(texts[1:], tail[1:], strict=True))]


@st.composite
def a_park(draw: Callable[..., object]) -> str:
    lines = ["# head", "site: {id: x}  # site", "devices:"]
    for number in range(int(str(draw(st.integers(1, 4))))):
        entry = draw(a_device(number))
        assert isinstance(entry, list)
        lines += [*entry, *(["", "  # between"] if draw(st.booleans()) else [])]
    if draw(st.booleans()):
        lines.append("sinks: {}  # last")
    end = str(draw(st.sampled_from(["\n", "\r\n"])))
    return end.join(lines) + (end if draw(st.booleans()) else "")


PATCHES = st.dictionaries(OTHER_KEY, st.one_of(st.none(), SCALARS), min_size=1, max_size=4)


@given(a_park(), PATCHES, st.data())
def test_any_edit_makes_exactly_its_change_and_keeps_every_comment_and_other_line(
    text: str, patch: Patch, data: st.DataObject
) -> None:
    before = values(text)
    assert isinstance(before, dict)
    listed = before["devices"]
    assert isinstance(listed, list)
    index = data.draw(st.integers(0, len(listed) - 1))
    assume(not any(isinstance(value, str) and "${" in value for value in patch.values()))
    new = patched(text, ("devices", index), patch)
    entry = listed[index]
    assert isinstance(entry, dict)
    merge(entry, patch)
    assert values(new) == before
    assert new.count("#") >= text.count("#") - sum(isinstance(v, str) and "#" in v for v in _scalars(text))
    own = f"m{index}"
    assert _others(text, own) == _others(new, own)
    more = appended(text, "devices", {"id": "new"}, after=index)
    assert [line for line in more.splitlines() if "{id: new}" not in line] == text.splitlines()


def _scalars(text: str) -> list[object]:
    tree = values(text)
    assert isinstance(tree, dict)
    listed = tree["devices"]
    assert isinstance(listed, list)
    return [value for entry in listed if isinstance(entry, dict) for value in entry.values()]


def _others(text: str, device: str) -> list[str]:
    """Every line, with its end, that is not of this device's entry; comments between entries included."""
    found, is_own = [], False
    for line in text.splitlines(keepends=True):
        if line.startswith("  - "):
            is_own = f"id: {device}" in line
        elif not line.startswith("    "):
            is_own = False
        if not is_own:
            found.append(line)
    return found


def test_a_text_that_looks_like_something_else_is_quoted() -> None:
    for text in ("null", "true", "1e3", "0x10", "- a", "a: b", "a #b", "", " a", "{", "NO", "22:22", "\u0085", "a\nb"):
        line = flow_text(text)
        assert values(f"k: {line}") == {"k": text}, line
        assert line[0] == '"'
    assert [flow_text(text) for text in ("10.0.0.6", "3 号烘箱", "Oven 3")] == ["10.0.0.6", "3 号烘箱", "Oven 3"]
