"""The guide to the setup of accounts: its examples are read and compile on a park with their meters."""

import re
from pathlib import Path

from gateway.accounts.setup.compile import load_books
from gateway.config import load
from gateway.plugins import known_drivers

GUIDE = Path(__file__).parents[3] / "deploy" / "guide" / "accounts-setup.md"
PARK = """\
site: {id: site, timezone: Asia/Shanghai}
enterprises: [{id: park}, {id: acme}, {id: beta}]
connections: {line: {driver: modbus, host: h}}
profiles:
  boiler:
    driver: modbus
    groups: {slow: 10 s}
    points: {gas_volume: {unit: Nm3, kind: counter, address: 0, type: uint32}}
devices:
  - {id: tx1, enterprise: park, role: grid, profile: acrel-adw300, connection: line, unit: 1}
  - {id: tx2, enterprise: park, role: grid, profile: acrel-adw300, connection: line, unit: 2}
  - {id: common, enterprise: park, role: main, profile: acrel-adw300, connection: line, unit: 3}
  - {id: acme-main, enterprise: acme, role: main, profile: acrel-adw300, connection: line, unit: 4}
  - {id: acme-sub, enterprise: acme, role: sub, profile: acrel-adw300, connection: line, unit: 5}
  - {id: acme-boiler, enterprise: acme, kind: boiler, profile: boiler, connection: line, unit: 6}
  - {id: oven-3, enterprise: acme, kind: machine, connection: none}
"""


def test_the_examples_of_the_guide_are_right_together(tmp_path) -> None:
    examples = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) == 4
    (tmp_path / "more.d").mkdir()
    for number, text in enumerate(examples):
        (tmp_path / "more.d" / f"{number}.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "park.yaml").write_text(f"{PARK}include: more.d\n", encoding="utf-8")
    books = load_books(load(tmp_path / "park.yaml", known_drivers(), {}).plan)
    assert books.meters["acme-sub.energy_import"].under == ("acme-main.energy_import",)
    assert books.meters["acme-main.energy_import"].under == ()
    assert books.meters["oven-3.energy_import"].is_manual
    assert {"acme-gas", "trucks", "cold", "acme-electricity", "site-electricity", "beta-common"} <= books.sources.keys()
