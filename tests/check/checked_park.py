"""A month of a park with everything that a meter does wrong: its raw readings, and the real consumer that took them."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from drivers.simulator.past import past
from gateway.accounts.books import Books
from gateway.accounts.people import Actor
from gateway.accounts.records.approvals import approve
from gateway.accounts.records.evidence_files import EvidenceFile
from gateway.accounts.records.forms import Form
from gateway.accounts.records.submitting import Wanted, submit
from gateway.accounts.setup.compile import load_books
from gateway.config import load
from gateway.core.batch import Block
from gateway.core.device import Device
from gateway.core.point import Point, PointKind
from gateway.plugins import known_drivers
from tests.faults.energy.plant import Clock, Plant

ZONE = ZoneInfo("Asia/Shanghai")
OFFSET_S = 137  # after the quarter: every boundary lies between two readings
FINAL, INITIAL = Decimal("2399999.5"), Decimal("17.25")
FILE = EvidenceFile("a" * 64, "work order.pdf", "application/pdf", 1000)
MAIN, EXPORT, GAS = "dongyue-main.energy_import", "dongyue-main.energy_export", "dongyue-boiler.gas_volume"
HUALI, ANTU, OVEN, COMMON = (
    "huali-main.energy_import", "antu-main.energy_import", "antu-oven.gas_volume", "park-common.energy_import",
)  # fmt: skip
OF_SIMULATOR = {EXPORT: "tongda-chargers.energy_import"}  # the demo gives nothing back
PARK = """
site: {id: qinghe, timezone: Asia/Shanghai}
enterprises: [{id: park}, {id: dongyue}, {id: huali}, {id: antu}]
connections:
  line-1: {driver: modbus, host: 127.0.0.1, port: 1}
profiles:
  main:
    driver: modbus
    kind: meter
    groups: {slow: 15 min}
    points:
      energy_import: {unit: kWh, kind: counter, table: holding, address: 0, type: int64, scale: 0.001, group: slow}
      energy_export: {unit: kWh, kind: counter, table: holding, address: 4, type: int64, scale: 0.001, group: slow}
  plain:
    driver: modbus
    kind: meter
    groups: {slow: 15 min}
    points:
      energy_import: {unit: kWh, kind: counter, table: holding, address: 0, type: int64, scale: 0.001, group: slow}
  rail:
    driver: modbus
    kind: meter
    groups: {slow: 15 min}
    points:
      energy_import: {unit: kWh, kind: counter, table: input, address: 52, type: uint32, scale: 0.1, group: slow}
  gas:
    driver: modbus
    kind: meter
    groups: {slow: 15 min}
    points:
      gas_volume: {unit: Nm3, kind: counter, table: holding, address: 0, type: uint32, scale: 0.01, group: slow}
devices:
  - {id: dongyue-main, enterprise: dongyue, role: main, profile: main, connection: line-1, unit: 1}
  - {id: dongyue-boiler, enterprise: dongyue, profile: gas, connection: line-1, unit: 2}
  - {id: huali-main, enterprise: huali, role: main, profile: rail, connection: line-1, unit: 3}
  - {id: antu-main, enterprise: antu, role: main, profile: plain, connection: line-1, unit: 4}
  - {id: antu-oven, enterprise: antu, profile: gas, connection: line-1, unit: 5}
  - {id: park-common, enterprise: park, profile: plain, connection: line-1, unit: 6}
energy:
  interval: 15 min
  meters:
    - {point: huali-main.energy_import, modulus: 429496729.6}
    - point: antu-main.energy_import
      rated: 4000 kW
      multipliers: [{valid_from: 2026-10-15T10:20, value: 1.0371}]
  allocations:
    - of: park-common.energy_import
      by: floor area, m2
      valid_from: 2026-01-01
      weights: {dongyue: 18000, huali: 6000, antu: 14001}
carbon:
  region: CN-ZJ
  gwp: AR6
  bases: [location, market, cn_enterprise, cn_zero_carbon_park]
  fallbacks: [{activity: purchased_electricity, as_of: 2023-12-31, reason: the newest that is published}]
  sources:
    - id: dongyue-gas
      enterprise: dongyue
      meters: [dongyue-boiler.gas_volume]
      activity: stationary_combustion
      fuel: natural_gas
      factor: {series: gbt-32151.34}
    - id: antu-gas
      enterprise: antu
      meters: [antu-oven.gas_volume]
      activity: stationary_combustion
      fuel: natural_gas
      factor: {series: ipcc-2006, sector: manufacturing, region: GLOBAL, reason: methane and nitrous oxide too}
      heating_value: {id: cn.fuel.natural_gas.ncv}
tariffs:
  - {id: flat, valid_from: 2026-01-01, currency: CNY, price: 0.65, enterprises: [dongyue, huali, antu]}
store: {directory: data}
"""
_GRID = {
    "location": "cn.grid.province.zj.2023", "market": "cn.grid.province.zj.2023",
    "cn_enterprise": "cn.grid.national.2023", "cn_zero_carbon_park": "cn.grid.national_fossil.2023",
}  # fmt: skip


def _bought(name: str, enterprise: str, meter: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "enterprise": enterprise, "scope": 2, "meters": [meter], "factors": _GRID, **more}


PLAN: dict[str, Any] = {  # the same park in the words of recompute.py
    "zone": "Asia/Shanghai",
    "month": "2026-10",
    "gwp": "ar6",
    "meters": {
        MAIN: {},
        EXPORT: {},
        GAS: {"events": [{"time": "2026-10-10T12:07", "final": str(FINAL), "initial": str(INITIAL)}]},
        HUALI: {"modulus": "429496729.6"},
        ANTU: {"rated": "4000", "resolution": "0.001", "multipliers": [["2026-10-15T10:20", "1.0371"]]},
        OVEN: {},
        COMMON: {},
    },
    "shares": {COMMON: {"dongyue": "18000", "huali": "6000", "antu": "14001"}},
    "sources": [
        {
            "id": "dongyue-gas", "enterprise": "dongyue", "scope": 1, "meters": [GAS],
            "ncv": "cn.fuel.natural_gas.ncv", "carbon": "cn.fuel.natural_gas.carbon_content",
            "oxidation": "cn.fuel.natural_gas.oxidation",
        },
        {
            "id": "antu-gas", "enterprise": "antu", "scope": 1, "meters": [OVEN], "ncv": "cn.fuel.natural_gas.ncv",
            "gases": {
                "CO2": "ipcc2006.stationary.natural_gas.co2",
                "CH4": "ipcc2006.stationary.natural_gas.manufacturing.ch4",
                "N2O": "ipcc2006.stationary.natural_gas.manufacturing.n2o",
            },
        },
        _bought("dongyue-electricity", "dongyue", MAIN, exports=[EXPORT], certificates=[
            {"mwh": "100.125", "kg_per_kwh": "0", "bases": ["market", "cn_enterprise", "cn_zero_carbon_park"]}]),
        _bought("dongyue-common", "dongyue", COMMON),
        _bought("huali-electricity", "huali", HUALI),
        _bought("huali-common", "huali", COMMON),
        _bought("antu-electricity", "antu", ANTU),
        _bought("antu-common", "antu", COMMON),
    ],
}  # fmt: skip
GREEN: dict[str, object] = {
    "enterprise": "dongyue", "number": "GEC-1", "what": "gec", "energy_mwh": "120", "factor_kg_per_kwh": "0",
    "market": "CN", "energy_source": "wind", "is_compliant_green": "yes", "retired_on": "2026-10-31",
    "period": "2026-10", **{f"criterion_{n}": "yes" for n in range(1, 6)}, "criterion_6": "not_applicable",
    "criterion_7": "not_applicable", "criterion_8": "disclosed",
}  # fmt: skip


def at_s(text: str) -> int:
    """UTC seconds of a local time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp())


@dataclass
class Raw:
    """A reading, and when it arrived."""

    time_s: int
    tag: str
    value: Decimal
    arrived_s: int


@dataclass
class _Mishaps:
    """What happens to the registers between the park and the gateway."""

    rolled: Decimal = Decimal("429496729.6")
    first: dict[str, Decimal] = field(default_factory=dict)

    def readings(self, second: int, tag: str, value: Decimal) -> Iterator[Raw]:
        """What arrives of a register's reading."""
        first = self.first.setdefault(tag, value)
        if tag == MAIN:
            yield from self._main(second, value)
        elif tag == GAS and second >= at_s("2026-10-10T12:07"):
            yield Raw(second, tag, INITIAL + value - self.first.setdefault("new", value), second)
        elif tag == GAS:
            yield Raw(second, tag, min(FINAL, FINAL - 10000 + (value - first) / 10), second)
        elif tag == HUALI:
            yield Raw(second, tag, (value - first + self.rolled - 30000) % self.rolled, second)
        elif tag == ANTU and second >= at_s("2026-10-25T08:00"):
            yield Raw(second, tag, value - self.first.setdefault("back", value) + 3, second)  # jumped back, unnoted
        elif tag == ANTU and at_s("2026-10-20T08:00") <= second < at_s("2026-10-20T08:15"):
            yield Raw(second, tag, value + 3_000_000, second)  # more than can flow
        else:
            yield Raw(second, tag, value, second)

    def _main(self, second: int, value: Decimal) -> Iterator[Raw]:
        if at_s("2026-10-08T09:00") <= second < at_s("2026-10-08T09:15"):
            yield Raw(second, MAIN, Decimal(0), second)  # one zero
            return
        if at_s("2026-10-12T01:00") <= second < at_s("2026-10-12T11:30"):
            return  # a gap within the month
        if second >= at_s("2026-10-31T20:00") and second < at_s("2026-11-01T03:00"):
            return  # a gap over its end
        is_late = at_s("2026-10-20T12:00") <= second < at_s("2026-10-20T18:00")
        if at_s("2026-10-15T06:00") <= second < at_s("2026-10-15T06:30"):
            value += 5_000_000  # a spike of two readings
        yield Raw(second, MAIN, value, second + (2 * 86_400 if is_late else 0))


def readings(seed: int = 7) -> list[Raw]:
    """Everything, in the order in which it arrives."""
    mishaps, found = _Mishaps(), []
    for second, row in past(seed, at_s("2026-09-30T22:00") + OFFSET_S, at_s("2026-11-01T08:00"), 900):
        for tag in PLAN["meters"]:
            found += mishaps.readings(second, tag, row[OF_SIMULATOR.get(tag, tag)])
    return sorted(found, key=lambda one: one.arrived_s)


def held_back(seed: int = 7) -> list[Raw]:
    """What the main meter showed in the gap over the month's end: somebody finds it when the month is closed."""
    times = past(seed, at_s("2026-10-31T20:00") + OFFSET_S, at_s("2026-11-01T03:00"), 900)
    return [Raw(second, MAIN, row[MAIN], second) for second, row in times]


def write_readings(file: Path, raws: list[Raw]) -> None:
    """As CSV, for the script."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow(("time", "tag", "value"))
        rows.writerows((raw.time_s, raw.tag, raw.value) for raw in raws)


def books_in(folder: Path) -> Books:
    """The park's books, compiled from its configuration; the common meter is a source of its tenants besides.

    A configuration cannot say that: of an allocated meter only the statement is divided.
    """
    (folder / "park.yaml").write_text(PARK, encoding="utf-8")
    books = load_books(load(folder / "park.yaml", known_drivers(), {}).plan)
    sources, entities = dict(books.sources), dict(books.entities)
    for name in ("dongyue", "huali", "antu"):
        own = sources[f"{name}-electricity"]
        shared = replace(own, id=f"{name}-common", meters=(COMMON,), exports=())
        sources[shared.id] = shared
        entities[name] = replace(entities[name], sources=(*entities[name].sources, shared.id))
    return replace(books, sources=sources, entities=entities)


async def plant_of(directory: Path, books: Books) -> Plant:
    """The real consumer over a real ledger.db and outbox; each register is counted under its tag."""
    plant = await Plant.open(directory, books, Clock(at_s("2026-09-30T22:00") * 10**9))
    for tag, number in plant.ids.items():
        device, _, point = tag.partition(".")
        unit = books.meters[tag].spec.unit
        owner = Device(device, "qinghe", books.meters[tag].enterprise, "meter")
        plant.blocks[tag] = Block(owner, (Point(point, unit, PointKind.COUNTER),), 900.0, (number,))
    return plant


async def feed(plant: Plant, raws: list[Raw], said: dict[str, list[tuple[Form, dict[str, object]]]]) -> None:
    """Hand the readings over day by day; what people say on a day is approved in its evening."""
    days: dict[date, list[Raw]] = {}
    for raw in raws:
        days.setdefault(datetime.fromtimestamp(raw.arrived_s, ZONE).date(), []).append(raw)
    for day, of_day in days.items():
        for raw in of_day:
            plant.count(raw.tag, raw.time_s * 10**9, float(raw.value))
        plant.clock.now_ns = of_day[-1].arrived_s * 10**9
        for form, fields in said.get(str(day), []):
            await approved(plant, form, fields)
        await plant.settle()


async def approved(plant: Plant, form: Form, fields: dict[str, object]) -> None:
    """A record that one person submitted and another approved."""
    plant.clock.now_ns += 10**9
    now_ns = plant.clock.now_ns

    def both(db: Any) -> None:
        with plant.ledger.write(db):
            one = submit(db, plant.books, Actor("Li Wei"), Wanted(form, fields, (FILE,)), now_ns).submission
            approve(db, plant.books, Actor("Wang Fang"), one.id, now_ns + 1, is_forced=True)  # its final value leaps

    await plant.ledger.do(both)
