"""A small park of real drivers, and ways to compile rules in it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.config import ConfigErrors
from gateway.plugins import DRIVERS
from gateway.rulebook import Rulebook, load_park

PARK = """\
site: {id: park, timezone: Asia/Shanghai, contract_demand: 5000 kW}
enterprises: [{id: acme}, {id: dongyue}]
connections:
  line-1: {driver: modbus, host: 10.0.0.1}
  line-2: {driver: modbus, host: 10.0.0.2}
  iot: {driver: mqtt, host: 10.0.0.3, topics: ["park/{device}"]}
profiles:
  meter:
    driver: modbus
    kind: meter
    groups: {fast: 1 s, slow: 10 s}
    points:
      power_active: {address: 1, type: float32, unit: kW, group: fast}
      voltage_l1: {address: 3, type: float32, unit: V, group: fast}
      energy_import: {address: 5, type: uint32, unit: kWh, kind: counter, group: slow}
  small:
    driver: modbus
    kind: meter
    groups: {fast: 5 s}
    points: {power_active: {address: 1, type: float32, unit: W}}
  room:
    driver: mqtt
    kind: room
    points:
      temperature: {unit: °C}
      door: {kind: state, type: bool}
      state: {kind: state, type: int, words: {0: stopped, 1: {en: running, zh: 运行}}}
devices:
  - {id: tx1, name: 1 号变压器, enterprise: acme, role: grid, profile: meter, connection: line-1, unit: 1}
  - {id: tx2, enterprise: acme, role: grid, profile: meter, connection: line-1, unit: 2}
  - {id: main-1, enterprise: dongyue, role: main, profile: small, connection: line-2, unit: 1}
  - {id: room-a, enterprise: dongyue, profile: room, connection: iot}
  - {id: planned, enterprise: dongyue, kind: meter, connection: none}
"""

Compile = Callable[..., Rulebook]
Refuse = Callable[..., list[str]]


@pytest.fixture
def compile_text(tmp_path: Path) -> Compile:
    """Compiles a text as `rules.d/rules.yaml` of the small park."""

    def compile_it(rules: str, park: str = PARK) -> Rulebook:
        (tmp_path / "rules.d").mkdir(exist_ok=True)
        (tmp_path / "park.yaml").write_text(park, encoding="utf-8")
        (tmp_path / "rules.d" / "rules.yaml").write_text(rules, encoding="utf-8")
        return load_park(tmp_path / "park.yaml", DRIVERS, {})[1]

    return compile_it


@pytest.fixture
def refuse_text(compile_text: Compile, tmp_path: Path) -> Refuse:
    """Compiles a text that must be refused; the problems as lines, without the folder."""

    def refuse_it(rules: str, park: str = PARK) -> list[str]:
        with pytest.raises(ConfigErrors) as caught:
            compile_text(rules, park)
        return [str(problem).replace(f"{tmp_path}/", "").replace("rules.d/", "") for problem in caught.value.problems]

    return refuse_it


@pytest.fixture
def park() -> str:
    """The text of the small park."""
    return PARK
