"""The driver that CONTRIBUTING.md shows is complete: it is found, configured, and keeps the contract of sinks."""

import re
import sqlite3
import sys
import tomllib
from collections.abc import Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from gateway.config import load
from gateway.config.plan import SinkPlan
from gateway.core.clock import SystemClock
from gateway.core.point import Value
from gateway.core.ports import Sink
from gateway.plugins import Driver, known_drivers
from tests.contract.sink_suite import Key, SinkSuite

PAGE = (Path(__file__).parents[3] / "CONTRIBUTING.md").read_text(encoding="utf-8")
FILES: dict[str, str] = dict(re.findall(r"^`([\w./]+)`:\n\n```\w+\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE))
PACKAGE = "park_gateway_sqlite"


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Driver]:
    """The driver, as its entry point names it."""
    for name, text in FILES.items():
        path = tmp_path / "package" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path / "package")
    groups = tomllib.loads(FILES["pyproject.toml"])["project"]["entry-points"]
    module, name = groups["park_gateway.drivers"]["sqlite"].split(":")
    yield getattr(import_module(module), name)
    for loaded in [loaded for loaded in sys.modules if loaded.partition(".")[0] == PACKAGE]:
        del sys.modules[loaded]


def test_its_line_in_park_yaml_is_understood(driver: Driver, tmp_path: Path) -> None:
    (line,) = re.findall(r"^In `park\.yaml`: `(.*)`\.$", PAGE, re.MULTILINE)
    config = tmp_path / "park.yaml"
    config.write_text(f"site: {{id: park}}\n{line}\n", encoding="utf-8")
    plan = load(config, {**known_drivers(), "sqlite": driver}).plan
    assert "sqlite" in {sink.driver for sink in plan.sinks}


class SqliteShore:
    keeps_text = True
    can_fail = True

    def __init__(self, driver: Driver, directory: Path) -> None:
        assert driver.sink is not None
        self._build: Any = import_module(driver.sink).build
        self._options = import_module(driver.config).SinkOptions()
        self._directory = directory
        self._file = directory / self._options.file

    async def open(self) -> Sink:
        sink: Sink = self._build(SinkPlan("copy", "sqlite", self._options), self._directory, SystemClock())
        return sink

    async def stored(self) -> dict[Key, Value]:
        if not self._file.exists():
            return {}
        with closing(sqlite3.connect(self._file)) as file:
            return {(device, point, time): value for device, point, time, value in file.execute("SELECT * FROM sample")}

    async def fail(self) -> None:
        """A folder stands where the file was."""
        if self._file.exists():
            self._file.rename(self._file.with_suffix(".kept"))
        self._file.mkdir()

    async def repair(self) -> None:
        self._file.rmdir()
        self._file.with_suffix(".kept").rename(self._file)


class TestTheExample(SinkSuite):
    @pytest.fixture
    async def shore(self, driver: Driver, tmp_path: Path) -> SqliteShore:
        return SqliteShore(driver, tmp_path)
