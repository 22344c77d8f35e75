"""Every command that the documents show is one that the program takes: its name, its options, what it needs."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.core import TyperGroup

from gateway.cli.main import app
from tests.unit.documents.markdown import blocks, documents, name_of, read

PROGRAM = typer.main.get_command(app)
USAGE_ERROR = typer.BadParameter.__bases__[0]
JUDGED = ("choice", "int range", "float range")  # values that are wrong whatever lies on the disk
COMMAND = re.compile(r"(?:.*/bin/|.* gateway )?park-gateway (?P<arguments>[a-z-].*)")
ENDS = re.compile(r"^(\||\|\||>|>>|<|&&|;|&)$")


def commands(text: str) -> Iterator[str]:
    """What is typed behind `park-gateway`: with a prompt in console blocks, else lines of sh and indented ones."""
    for block in blocks(text):
        for line in block.text.replace("\\\n", " ").splitlines():
            typed = line.removeprefix("$ ") if block.language == "console" else line
            is_command = line.startswith("$ ") if block.language == "console" else block.language in ("sh", "")
            found = COMMAND.fullmatch(typed.strip()) if is_command else None
            if found:
                yield found["arguments"]


def words(arguments: str) -> list[str]:
    """As a shell splits them, up to the end of this command."""
    split = shlex.split(arguments, comments=True)
    return split[: next((place for place, word in enumerate(split) if ENDS.match(word)), len(split))]


def mistake(arguments: str) -> str:
    """What the program would say about the form of a command; "" where it would begin to work."""
    command: Any = PROGRAM
    context, rest = typer.Context(PROGRAM, info_name="park-gateway"), words(arguments)
    while isinstance(command, TyperGroup) and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        found = command.get_command(context, name)
        if found is None:
            return f"no command {name}"
        command, context = found, typer.Context(found, context, info_name=name)
    if isinstance(command, TyperGroup) and "--help" not in rest:
        return "" if rest == ["--version"] else "a command is missing"
    try:
        given, _, _ = command.make_parser(context).parse_args(rest)
        return _wrong_values(command, context, given)
    except USAGE_ERROR as error:
        return error.format_message()


def _wrong_values(command: Any, context: typer.Context, given: dict[str, Any]) -> str:
    for param in command.params:
        value = given.get(param.name or "")
        if param.required and value in (None, ()):
            return f"{param.name} is needed"
        if value is not None and param.type.name in JUDGED:
            param.type_cast_value(context, value)
    return ""


@pytest.mark.parametrize("path", [path for path in documents() if "park-gateway " in read(path)], ids=name_of)
def test_every_command_that_is_shown_is_taken(path: Path) -> None:
    wrong = {arguments: mistake(arguments) for arguments in commands(read(path))}
    assert {arguments: why for arguments, why in wrong.items() if why} == {}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ("chek", "no command chek"),
        ("backup --passphrase x", "No such option: --passphrase"),
        ("connectivity --period year", "Invalid value for '--period' / '-p': 'year' is not one of"),
        ("key add Grafana --scope read --days 365", "account is needed"),
        ("carbon sample --period 2026-10 --seed a --out a.zip --n 900", "Invalid value for '--n': 900 is not in"),
        ("user", "a command is missing"),
    ],
)
def test_a_command_that_is_wrong_is_found(arguments: str, why: str) -> None:
    assert mistake(arguments).startswith(why)


def test_commands_are_found_in_every_form_in_which_documents_show_them() -> None:
    text = """\
```console
$ park-gateway check
park-gateway 0.1.0, up 3 s
```
```sh
sudo A=b /opt/bin/park-gateway run  # until SIGTERM
```

    park-gateway status | head

```python
park-gateway nothing
```
"""
    assert [words(arguments) for arguments in commands(text)] == [["check"], ["run"], ["status"]]
