"""`park-gateway backup` and `restore` on the files of a gateway that does not run, as a person uses them."""

import asyncio
import json
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.main import app
from gateway.cli.run import _finish_restoration
from gateway.config import load
from gateway.core.clock import SystemClock
from gateway.plugins import known_drivers
from gateway.store.ledger import Ledger
from gateway.store.lock import DirectoryLock
from gateway.store.state import State

PARK = "site: {id: qinghe}\nstore: {directory: data}\n"


@pytest.fixture
def park(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    async def fill() -> None:
        for file in (State, Ledger):
            opened = await file.open(tmp_path / "data", SystemClock(), durability="process_crash")
            await opened.close()

    (tmp_path / "park.yaml").write_text(PARK)
    (tmp_path / "passphrase").write_text("correct horse battery\n")
    monkeypatch.chdir(tmp_path)
    asyncio.run(fill())
    return tmp_path


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_a_backup_says_what_is_not_in_it_and_is_never_overwritten(park: Path) -> None:
    done = ran("backup", "-o", "b")
    assert done.exit_code == 0
    assert "not in it: the key that signs checkpoints" in done.output
    assert ran("backup", "-o", "b").exit_code == 1
    assert ran("backup", "-o", "b", "--force").exit_code == 0
    assert sorted(path.name for path in park.iterdir()) == ["b", "data", "park.yaml", "passphrase"]
    assert list((park / "data" / "exports").iterdir()) == []


def test_it_is_named_after_site_and_time(park: Path) -> None:
    assert ran("backup", "--passphrase-file", "passphrase").exit_code == 0
    (made,) = park.glob("qinghe-*Z.tar.zst.sealed")
    assert made.stat().st_mode & 0o777 == 0o600


def test_a_check_tells_programs_and_people_and_changes_nothing(park: Path) -> None:
    ran("backup", "-o", "b", "--passphrase-file", "passphrase")
    told = json.loads(ran("restore", "b", "--check", "--json", "--passphrase-file", "passphrase").stdout)
    assert (told["site"], told["has_key"], told["faults"]) == ("qinghe", True, [])
    assert "whole, and its ledger verifies" in ran("restore", "b", "--check", "--passphrase-file", "passphrase").stdout
    assert not (park / "data" / "restore").exists()


REFUSED = (
    (("restore", "b", "--check"), 1, "give the passphrase"),
    (("restore", "b", "--check", "--passphrase-file", "wrong"), 1, "does not open the file"),
    (("restore", "b", "--check", "--passphrase-file", "none"), 1, "cannot be read"),
    (("restore", "none", "--check"), 69, "cannot be read"),
    (("restore", "park.yaml", "--check"), 1, "is no backup"),
    (("restore", "b", "--check", "--into", "x"), 2, "choose one of the two"),
    (("backup", "-o", "none/b"), 69, "cannot be written"),
    (("backup", "-o", "c", "--passphrase-file", "short"), 1, "too short"),
    (("backup", "-o", "c", "--passphrase-file", "empty"), 1, "holds no passphrase"),
)


def test_what_cannot_be_says_why(park: Path) -> None:
    for name, text in (("wrong", "another passphrase"), ("short", "12345"), ("empty", "\n")):
        (park / name).write_text(text)
    ran("backup", "-o", "b", "--passphrase-file", "passphrase")
    for arguments, code, said in REFUSED:
        done = ran(*arguments)
        assert (done.exit_code, said in done.output) == (code, True), done.output


def test_a_restoration_says_where_what_was_there_is_now(park: Path) -> None:
    ran("backup", "-o", "b")
    (park / "park.yaml").write_text(PARK + "# changed\n")
    done = ran("restore", "b")
    assert done.exit_code == 0, done.output
    assert (park / "park.yaml").read_text() == PARK
    (aside,) = park.glob("before-restore-*")
    assert (aside / "park.yaml").read_text().endswith("# changed\n")
    assert f"what was there is in {aside.name}" in done.output
    told = json.loads(ran("restore", "b", "--into", "look", "--json").stdout)
    assert told["directory"] == "look/data"


def test_a_gateway_that_runs_is_not_touched(park: Path) -> None:
    ran("backup", "-o", "b")
    lock = DirectoryLock(park / "data")
    try:
        assert ran("restore", "b").exit_code == 78
        assert ran("backup", "-o", "c").exit_code == 78
    finally:
        lock.release()


def test_a_start_finishes_what_was_interrupted_before_it_reads_the_configuration(park: Path) -> None:
    stage = park / "data" / "restore"
    stage.mkdir()
    (stage / "new.yaml").write_text(PARK)
    (park / "park.yaml").unlink()  # killed between putting the old one aside and the new one in its place
    moves = [[str(stage / "new.yaml"), str(park / "park.yaml"), str(park / "aside" / "park.yaml")]]
    (stage / "journal.json").write_text(json.dumps({"moves": moves, "staged": [str(stage)]}))
    (park / ".park.yaml.restoring").write_text(str(park / "data"))
    _finish_restoration(Path("park.yaml"))
    assert (park / "park.yaml").read_text() == PARK
    assert not stage.exists()
    assert not (park / ".park.yaml.restoring").exists()


GUIDE = Path(__file__).parents[4] / "deploy" / "guide" / "backup.md"


def test_every_command_and_sample_of_the_guide_works(park: Path) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    (sample,) = re.findall(r"```yaml\n(.*?)```", text, re.S)
    (park / "park.yaml").write_text(PARK + sample)
    (park / "passphrase.txt").write_text("correct horse battery\n")
    commands = re.findall(r"^\$ park-gateway (.*)$", text, re.M)
    assert len(commands) == 4
    for command in commands:
        done = ran(*shlex.split(command))
        assert done.exit_code == 0, f"{command}: {done.output}"
    plan = load(park / "park.yaml", known_drivers()).plan.backup
    assert (plan.directory, plan.every_s, plan.keep) == (Path("/var/backups/park-gateway"), 86_400.0, 14)
