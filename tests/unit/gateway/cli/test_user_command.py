"""`park-gateway user` and `key` without a running gateway: on state.db, with the directory locked meanwhile."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.store.lock import DirectoryLock

PARK = """
site: {id: qinghe, name: Qinghe, timezone: Asia/Shanghai}
enterprises: [{id: huali, name: Huali}]
store: {directory: data}
"""


class Commands:
    """The command line in a folder with a configuration."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "park.yaml"
        self.config.write_text(PARK, encoding="utf-8")
        self.data = folder / "data"

    def run(self, *arguments: str, code: int = 0) -> str:
        found = CliRunner().invoke(app, [*arguments, "--config", str(self.config)])
        assert found.exit_code == code, (found.stdout, found.stderr, found.exception)
        return " ".join((found.stdout + found.stderr).split())

    def json(self, *arguments: str) -> Any:
        found = CliRunner().invoke(app, [*arguments, "--json", "--config", str(self.config)])
        return json.loads(found.stdout)


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    return Commands(tmp_path)


def test_the_first_account_is_an_administrators_and_comes_with_a_link(commands: Commands) -> None:
    assert "first account" in commands.run("user", "add", "anna", "--role", "operator", code=1)
    said = commands.run("user", "add", "anna", "--role", "administrator", "--display", "Anna Li")
    assert "http://127.0.0.1:8080/login#token=" in said
    (shown,) = commands.json("user", "list")["items"]
    assert (shown["name"], shown["display"], shown["role"], shown["has_password"]) == (
        "anna", "Anna Li", "administrator", False,
    )  # fmt: skip
    assert "Anna Li" in commands.run("user", "list")


def test_an_account_is_changed_and_removed_and_the_last_administrator_stays(commands: Commands) -> None:
    commands.run("user", "add", "anna", "--role", "administrator")
    commands.run("user", "add", "wang", "--role", "auditor", "--until", "2099-12-31")
    other = ("--role", "enterprise", "--enterprise", "huali", "--until", "none")
    changed = commands.json("user", "change", "wang", *other)
    assert (changed["role"], changed["enterprise"], changed["valid_until"]) == ("enterprise", "huali", None)
    assert "disabled" in commands.run("user", "change", "wang", "--disabled")
    assert "last administrator" in commands.run("user", "remove", "anna", code=1)
    assert "wang is removed" in commands.run("user", "remove", "wang")
    assert "no account" in commands.run("user", "link", "wang", code=1)
    assert "nothing is to be changed" in commands.run("user", "change", "anna", code=2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--role", "king"), "role"),
        (("--role", "enterprise"), "enterprise"),
        (("--role", "enterprise", "--enterprise", "nobody"), "no enterprise"),
        (("--role", "auditor"), "last day"),
        (("--role", "auditor", "--until", "tomorrow"), "valid_until"),
        (("--role", "operator", "--wall"), "wall"),
    ],
)
def test_what_does_not_fit_is_said_in_words(commands: Commands, arguments: tuple[str, ...], words: str) -> None:
    commands.run("user", "add", "anna", "--role", "administrator")
    assert words in commands.run("user", "add", "li", *arguments, code=1)


def test_a_key_is_printed_once_and_listed_without_its_secret(commands: Commands) -> None:
    commands.run("user", "add", "anna", "--role", "administrator")
    scopes = ("--scope", "read", "--scope", "metrics")
    made = commands.json("key", "add", "Grafana", "--account", "anna", *scopes, "--days", "30")
    assert made["key"].startswith(f"pg_{made['id']}_")
    assert made["key"] not in commands.run("key", "list")
    assert commands.json("key", "list")["items"][0]["scopes"] == ["metrics", "read"]
    refused = commands.run("key", "add", "x", "--account", "anna", "--scope", "users", "--days", "30", code=1)
    assert "is not for a key" in refused
    assert made["id"] in commands.run("key", "remove", made["id"])
    assert commands.json("key", "list")["total"] == 0


def test_a_gateway_that_holds_the_directory_is_not_written_past(commands: Commands) -> None:
    commands.run("user", "add", "anna", "--role", "administrator")
    lock = DirectoryLock(commands.data)
    try:
        assert "another gateway uses" in commands.run("user", "list", code=78)
    finally:
        lock.release()


def test_what_is_done_here_is_in_the_audit_log(commands: Commands) -> None:
    commands.run("user", "add", "anna", "--role", "administrator")
    commands.run("user", "link", "anna", "--reset")
    stored = (commands.data / "state.db").read_bytes()
    assert b"user add" in stored
    assert b"user link" in stored
    assert commands.json("user", "sessions", "anna")["items"] == []
