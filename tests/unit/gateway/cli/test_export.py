"""An export is a whole file under its name, or no file."""

import os
import stat
from pathlib import Path

import pytest

from gateway.cli.export import _complete_or_nothing
from gateway.core.errors import GatewayError, Unavailable


def test_a_complete_file_takes_the_name_with_the_rights_of_any_new_file(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    target.write_text("old")
    mask = os.umask(0o027)
    try:
        with _complete_or_nothing(target) as part:
            part.write_text("new")
            assert target.read_text() == "old"
    finally:
        os.umask(mask)
    assert target.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [target]


def half_write(target: Path, error: BaseException) -> None:
    with _complete_or_nothing(target) as part:
        part.write_text("half")
        raise error


@pytest.mark.parametrize("error", [Unavailable("the gateway stopped"), KeyboardInterrupt()])
def test_what_is_broken_off_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: BaseException) -> None:
    target = tmp_path / "a.csv"
    target.write_text("old")
    with pytest.raises(type(error)):
        half_write(target, error)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(GatewayError, match=r"nowhere/a\.csv: No such file") as error,
        _complete_or_nothing(tmp_path / "nowhere" / "a.csv"),
    ):
        raise AssertionError("never entered")
    assert "--output" in error.value.hint


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(GatewayError, match="No space left"), _complete_or_nothing(tmp_path / "a.csv"):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []
