"""Where a character of a value stands in the file, whatever quotes, escapes and breaks are in between."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.config.nodes import Mapping, Scalar, Sequence
from gateway.config.place import Places
from gateway.config.problems import Mark, Report
from gateway.config.yamltext import parse_yaml

FORMS = {
    "plain": "a: x > 1 and Y > 2\n",
    "plain over lines": "a: x > 1\n    and\n\n    Y > 2\n",
    "single quotes": "a: 'x == ''b'' and Y > 2'\n",
    "double quotes": 'a: "x == \\"b\\" and \\u0058 \\x41 Y > 2"\n',
    "double quotes over lines": 'a: "x > 1\n  and \\\n  Y > 2"\n',
    "literal": "a: |\n  x > 1\n    and\n\n  Y > 2\n",
    "literal with indentation": "a: |2-\n    x > 1\n  Y > 2\nb: 1\n",
    "folded": "a: >-\n  x > 1\n  and\n\n  Y > 2\n",
    "in a list": "- {a: [x > 1 and Y > 2]}\n",
    "after Chinese": "名字: {功率: 'x == ''高'' and Y > 2'}\n",
}


def scalar(node: object) -> Scalar:
    """The one scalar that holds the text."""
    while not isinstance(node, Scalar):
        if isinstance(node, Mapping):
            node = next(iter(node.items.values()))
        else:
            assert isinstance(node, Sequence)
            node = node.entries[0]
    return node


def character_at(path: Path, text: str, wanted: str) -> str:
    """What stands in the file where `Places` says that the first `wanted` of the value is."""
    path.write_text(text, encoding="utf-8")
    node = scalar(parse_yaml(text, str(path), Report(), lambda _: None))
    before = node.text[: node.text.index(wanted)]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    mark = Places().of(node.mark, node.text, line, column)
    return text.split("\n")[mark.line - 1][mark.column - 1]


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_every_form_of_a_scalar(tmp_path, text) -> None:
    assert character_at(tmp_path / "a.yaml", text, "Y") == "Y"


@given(st.text("ab \\'\"#:\n功\t", max_size=40), st.sampled_from(["'", '"', "|", ">"]))
def test_a_character_is_found_in_any_text(tmp_path_factory, text, style) -> None:
    import yaml

    value = f"x{text}Y"
    written = yaml.dump({"a": value}, default_style=style, allow_unicode=True, width=20)
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    assert character_at(path, written, "Y") == "Y"


def test_without_the_file_the_scalar_itself_is_the_place() -> None:
    mark = Mark("/nowhere/a.yaml", 3, 5)
    assert Places().of(mark, "x > 1", 1, 3) == mark


def test_a_text_that_is_another_than_the_file_says_is_not_searched(tmp_path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: ${X} > 1\n", encoding="utf-8")
    mark = Mark(str(path), 1, 4)
    assert Places().of(mark, "800 > 1", 1, 7) == mark
