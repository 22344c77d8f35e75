"""A small park for the tests of books: an incomer, PV, two tenants, gas; `told` says what is wrong with a text."""

import re
from pathlib import Path

from gateway.accounts.books import Books
from gateway.accounts.setup.compile import load_books
from gateway.config import ConfigErrors, load
from gateway.plugins import known_drivers

PARK = """\
site: {id: site, timezone: Asia/Shanghai}
enterprises: [{id: park}, {id: acme}, {id: beta}]
connections: {line: {driver: modbus, host: h}}
profiles:
  meter:
    driver: modbus
    kind: meter
    groups: {slow: 10 s}
    points:
      energy_import: {unit: kWh, kind: counter, address: 0, type: uint32, scale: 0.1, modulus: 2^32}
      energy_export: {unit: kWh, kind: counter, address: 4, type: uint32, scale: 0.1}
      energy_import_l1: {unit: kWh, kind: counter, address: 6, type: uint32, scale: 0.1}
      energy_total: {unit: kWh, kind: counter, address: 8, type: uint32, scale: 0.1}
      power_active: {unit: kW, address: 2, type: uint32}
  gas:
    driver: modbus
    kind: boiler
    groups: {slow: 10 s}
    points:
      gas_volume: {unit: Nm3, kind: counter, address: 0, type: uint32}
      raw_volume: {unit: m3, kind: counter, address: 2, type: uint32}
      hours: {unit: h, kind: counter, address: 4, type: uint32}
devices:
  - {id: tx1, enterprise: park, role: grid, profile: meter, connection: line, unit: 1}
  - {id: pv1, enterprise: park, role: pv, profile: meter, connection: line, unit: 2}
  - {id: common, enterprise: park, role: main, profile: meter, connection: line, unit: 3}
  - {id: acme-main, enterprise: acme, role: main, profile: meter, connection: line, unit: 4}
  - {id: acme-sub, enterprise: acme, role: sub, profile: meter, connection: line, unit: 5}
  - {id: acme-boiler, enterprise: acme, profile: gas, connection: line, unit: 6}
  - {id: beta-a, enterprise: beta, role: sub, profile: meter, connection: line, unit: 7}
  - {id: beta-b, enterprise: beta, role: sub, profile: meter, connection: line, unit: 8}
  - {id: by-hand, enterprise: beta, kind: meter, connection: none}
"""
GAS = (
    "{id: gas, enterprise: acme, meters: [acme-boiler.gas_volume], activity: stationary_combustion, "
    "fuel: natural_gas, factor: {series: gbt-32151.34}}"
)
SHORT = {
    "MAIN": "acme-main.energy_import",
    "SUB": "acme-sub.energy_import",
    "BACK": "acme-main.energy_export",
    "GAS": "acme-boiler.gas_volume",
    "COMMON": "common.energy_import",
}


def books_of(folder: Path, accounts: str) -> Books:
    """The books of the park with these sections."""
    path = folder / "park.yaml"
    path.write_text(PARK + accounts, encoding="utf-8")
    return load_books(load(path, known_drivers(), {}).plan)


def told(folder: Path, accounts: str) -> list[str]:
    """What is wrong, without the folder; lines count from the first of `accounts`."""
    try:
        books_of(folder, accounts)
    except ConfigErrors as errors:
        first = PARK.count("\n")
        return [f"{one.line - first}:{one.column}: {one.message} ({one.hint})" for one in errors.problems]
    return []


def full(text: str) -> str:
    """With tags in full."""
    return re.sub("|".join(SHORT), lambda match: SHORT[match[0]], text)
