"""A small file system that can really be full, and limits for it."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.config.plan import StoreLimits
from gateway.core.batch import Block
from gateway.core.device import Device
from gateway.core.point import Point, ValueType

DISK_BYTES = 24 * 2**20


@pytest.fixture
def limits(tmp_path: Path) -> StoreLimits:
    return StoreLimits(tmp_path / "data", 2**28, 7 * 86400.0, 0, 1.0, "power_loss")


@pytest.fixture
def block() -> Block:
    points = (Point("number", type=ValueType.INT), Point("note", type=ValueType.TEXT))
    return Block(Device("tx1", "park", "acme", "meter"), points)


@pytest.fixture(params=["ext4", "tmpfs"])
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A mounted file system of 24 MiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a file system needs root")
    mount = tmp_path / "disk"
    mount.mkdir()
    if request.param == "tmpfs":
        command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "none", str(mount)]
    else:
        image = tmp_path / "disk.img"
        with image.open("wb") as file:
            file.truncate(DISK_BYTES)
        subprocess.run(
            ["mkfs.ext4", "-q", "-m", "0", "-O", "^has_journal", str(image)], check=True, capture_output=True
        )
        command = ["mount", "-o", "loop", str(image), str(mount)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"mounting a {request.param} is not permitted here: {done.stderr.strip()}")
    yield mount
    subprocess.run(["umount", "-l", str(mount)], check=True)


def fill(directory: Path) -> Path:
    """Use up every byte of the file system."""
    path = directory / "filler"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        for size in (2**20, 4096, 1):
            try:
                while True:
                    os.write(handle, b"\0" * size)
            except OSError:
                continue
    finally:
        os.close(handle)
    return path


@pytest.fixture
def filler() -> type:
    """Holds `fill` for the tests, which cannot import from here."""

    class Filler:
        fill = staticmethod(fill)

    return Filler
