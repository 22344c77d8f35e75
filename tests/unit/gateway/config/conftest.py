"""Fake drivers (`bus`, `broker`, `cloud`, `robot`, `history`) and ways to load a text with them."""

import importlib.util
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.config import ConfigErrors, Loaded, load

_FAKES = Path(__file__).parent / "fakes"

MINIMAL = """\
site: {id: park}
enterprises: [{id: acme}]
connections: {line: {driver: bus, host: 10.0.0.1}}
profiles:
  meter:
    driver: bus
    kind: meter
    groups: {fast: 1 s, slow: 10 s}
    points:
      power: {address: 1, unit: kW, group: fast}
      energy: {address: 3, unit: kWh, kind: counter, type: int, group: slow}
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the table of drivers."""

    config: str


@pytest.fixture(scope="session")
def drivers() -> Mapping[str, Entry]:
    """The table of the fake drivers."""
    files = {"bus": "bus", "broker": "broker", "cloud": "cloud", "robot": "robot", "history": "local"}
    table = {}
    for name, stem in files.items():
        module_name = f"config_fakes_{stem}"
        if module_name not in sys.modules:
            spec = importlib.util.spec_from_file_location(module_name, _FAKES / f"{stem}.py")
            assert spec is not None
            assert spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            sys.modules[module_name] = module
            spec.loader.exec_module(module)
        table[name] = Entry(module_name)
    return {**table, "absent": Entry("config_fakes_of_a_package_that_is_not_installed")}


Load = Callable[..., Loaded]
Refuse = Callable[..., list[str]]


@pytest.fixture
def load_text(tmp_path: Path, drivers: Mapping[str, Entry]) -> Load:
    """Loads a text as `park.yaml`; more files by name."""

    def load_it(text: str, environment: Mapping[str, str] | None = None, **files: str | bytes) -> Loaded:
        (tmp_path / "park.yaml").write_text(text, encoding="utf-8")
        for name, content in files.items():
            path = tmp_path / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load(tmp_path / "park.yaml", drivers, environment or {})

    return load_it


@pytest.fixture
def refuse_text(load_text: Load, tmp_path: Path) -> Refuse:
    """Loads a text that must be refused; the problems as lines, without the folder."""

    def refuse_it(text: str, environment: Mapping[str, str] | None = None, **files: str | bytes) -> list[str]:
        with pytest.raises(ConfigErrors) as caught:
            load_text(text, environment, **files)
        return [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]

    return refuse_it


@pytest.fixture
def minimal() -> str:
    """A configuration without devices, to which a test adds its own."""
    return MINIMAL
