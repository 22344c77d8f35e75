"""What the documents name exists: files, commands, versions."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

import gateway
from gateway.cli.main import app
from tests.unit.documents.markdown import FOLDERS, ROOT, documents, name_of, prose, read

ENDINGS = ("md", "py", "yaml", "yml", "toml", "csv", "conf", "service", "sh", "acl", "lock", "png")
DOCUMENTS = documents()
each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)


def named_files(text: str) -> Iterator[str]:
    """What stands between backticks and begins with a folder of this repository."""
    for name in re.findall(r"`([^`\s]+)`", text):
        if re.fullmatch(rf"({'|'.join(map(re.escape, FOLDERS))})/[\w./-]*", name):
            yield name


def test_there_are_documents() -> None:
    expected = {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "deploy/README.md"}
    assert expected <= {name_of(path) for path in DOCUMENTS}


@each_document
def test_every_file_that_is_named_exists(path: Path) -> None:
    assert [name for name in named_files(prose(read(path))) if not (ROOT / name).exists()] == []


@each_document
def test_every_file_that_is_linked_by_its_own_name_is_that_file(path: Path) -> None:
    """`[tcp.py](drivers/modbus/tcp.py)`: a moved file takes its name along."""
    for text, target in re.findall(r"\[([\w.-]+)\]\(([^)#\s]+)\)", prose(read(path))):
        if text.rsplit(".", 1)[-1] in ENDINGS:
            assert Path(target).name == text


@each_document
def test_every_command_that_is_named_exists(path: Path) -> None:
    text = read(path)
    commands = set(typer.main.get_command(app).commands)
    asked = set(re.findall(r"(?:`|^|/|gateway )park-gateway ([a-z]+)\b", text, re.MULTILINE))
    assert asked <= commands
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", text)) <= targets


def test_contributing_names_every_make_target_that_work_begins_with() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert {"demo", "check", "test", "bench", "lock"} <= set(re.findall(r"`make ([a-z]+)", text))


def test_the_drawing_of_the_data_path_is_that_of_the_code() -> None:
    drawn = re.search(
        r"^```\n(.*?)^```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert drawn is not None
    words = set(re.findall(r"[A-Za-z]{4,}", gateway.__doc__ or "")) & set(re.findall(r"[A-Za-z]{4,}", drawn[1]))
    assert {"Modbus", "MQTT", "Batch", "normalise", "snapshot", "deadband", "counters", "outbox", "forward"} <= words


def test_the_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    newest = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)[
        0
    ]
    state = re.findall(r"^## State of (\S+)$", (ROOT / "SECURITY.md").read_text(encoding="utf-8"), re.MULTILINE)[0]
    assert {gateway.__version__, project["version"], newest, state} == {gateway.__version__}
