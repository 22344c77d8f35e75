"""A file put in the place of another: whole or not at all, with its mode, and copies of the old ones."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gateway.config.rewrite import KEPT_COPIES, Changed, replace_file
from gateway.core.errors import Unavailable

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)


@pytest.fixture
def park(tmp_path: Path) -> Path:
    path = tmp_path / "park.yaml"
    path.write_bytes(b"old")
    path.chmod(0o640)
    return path


def test_the_new_file_has_the_mode_of_the_old_one_and_the_old_one_is_kept(park: Path) -> None:
    copy = replace_file(park, b"old", b"new", NOW)
    assert (park.read_bytes(), park.stat().st_mode & 0o777) == (b"new", 0o640)
    assert copy.name == "park.yaml.20261122T180000000000Z.bak"
    assert (copy.read_bytes(), copy.stat().st_mode & 0o777) == (b"old", 0o640)
    assert sorted(path.name for path in park.parent.iterdir()) == [park.name, copy.name]


def test_a_file_that_somebody_changed_meanwhile_is_not_touched(park: Path) -> None:
    with pytest.raises(Changed):
        replace_file(park, b"older", b"new", NOW)
    assert list(park.parent.iterdir()) == [park]


def test_only_so_many_copies_are_kept(park: Path) -> None:
    for number in range(KEPT_COPIES + 3):
        replace_file(park, park.read_bytes(), b"%d" % number, NOW + timedelta(seconds=number))
    copies = sorted(park.parent.glob("*.bak"))
    assert len(copies) == KEPT_COPIES
    assert copies[-1].read_bytes() == b"%d" % (KEPT_COPIES + 1)


def test_a_link_stays_a_link(park: Path) -> None:
    link = park.with_name("link.yaml")
    link.symlink_to(park)
    replace_file(link, b"old", b"new", NOW)
    assert link.is_symlink()
    assert park.read_bytes() == b"new"


def test_a_disk_that_takes_nothing_leaves_the_old_file_and_says_what_to_do(
    park: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gateway.config.rewrite.os.fsync", full)
    with pytest.raises(Unavailable, match="No space left"):
        replace_file(park, b"old", b"new", NOW)
    assert [(path.name, path.read_bytes()) for path in park.parent.iterdir()] == [("park.yaml", b"old")]
