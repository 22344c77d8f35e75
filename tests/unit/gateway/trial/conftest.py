"""A park with two meters and the rules that the tests try."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.config.plan import ParkPlan
from gateway.plugins import known_drivers
from gateway.rulebook import Rulebook, load_park

PARK = """
site: {id: qinghe, timezone: Asia/Shanghai}
enterprises: [{id: acme, name: Acme}]
connections: {line: {driver: modbus, host: 127.0.0.1}}
profiles:
  meter:
    driver: modbus
    kind: meter
    groups: {fast: 1 s}
    points:
      power_active: {unit: kW, table: input, address: 0, type: float32, group: fast, deadband: 1 kW, heartbeat: 1 min}
      running: {kind: state, table: discrete, address: 0, group: fast}
devices:
  - {id: tx1, enterprise: acme, profile: meter, connection: line, unit: 1}
  - {id: tx2, enterprise: acme, profile: meter, connection: line, unit: 2}
alarms:
  overload:
    for_each: {profile: meter}
    when: power_active > 800 kW
    hysteresis: 40 kW
    on_delay: 1 min
    priority: high
  share-high:
    for_each: {devices: [tx1]}
    when: load_share > 90 %
    priority: low
derived:
  load_share: {for_each: {devices: [tx1]}, value: power_active / 1000 kW * 100 %, unit: "%"}
"""


@pytest.fixture
def rules(tmp_path: Path) -> tuple[ParkPlan, Rulebook]:
    (tmp_path / "park.yaml").write_text(PARK, encoding="utf-8")
    loaded, rulebook = load_park(tmp_path / "park.yaml", known_drivers())
    return loaded.plan, rulebook


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "tests.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write
