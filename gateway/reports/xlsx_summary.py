"""The first sheet: whose figures, and every total as a formula over the entries."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gateway.reports.data import ReportData
from gateway.reports.language import Language, printable
from gateway.reports.numbers import moved
from gateway.reports.sums import total_kg
from gateway.reports.terms import standard, term
from gateway.reports.xlsx_entries import PARK_COLUMN, EntrySheet
from gateway.reports.xlsx_tables import Cell, number, text
from rules.carbon.inventory.entry import Basis

Document = dict[str, Any]
SUMMARY = "Summary"


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """A name and its cells."""

    name: str = ""
    cells: tuple[Cell, ...] = ()
    is_head: bool = False


def summary_rows(data: ReportData, entries: EntrySheet, language: Language) -> list[SummaryRow]:
    """From the top."""
    make = _Rows(data, entries, language)
    return [*make.about(), *make.scope1(), *make.outside(), *make.scope2(), *make.beside(), *make.history()]


class _Rows:
    def __init__(self, data: ReportData, entries: EntrySheet, language: Language) -> None:
        self._data = data
        self._found = data.summary
        self._entries = entries
        self._language = language

    def about(self) -> Iterator[SummaryRow]:
        say, found = self._language.say, self._found
        yield SummaryRow(say("Carbon inventory, scope 1 and 2", "碳排放清单（范围一、范围二）"), is_head=True)
        closed = found["closed"]
        rows = (
            (say("Entity", "核算主体"), f"{self._language.of(found['entity']['name'])} ({found['entity']['id']})"),
            (say("Period", "期间"), f"{found['period']['from']} – {found['period']['to']} ({found['period']['zone']})"),
            (say("State", "状态"), term(found["status"], self._language)),
            (say("Boundary approach", "边界方法"), term(found["run"]["boundary"]["approach"], self._language)),
            (say("Responsible", "负责人"), found["run"]["boundary"].get("responsible") or "–"),
            (say("Prepared by", "编制人"), closed["by"] if closed else "–"),
            (say("Approved by", "批准人"), closed["approver"] if closed else "–"),
            (say("GWP set", "GWP 版本"), found["run"]["policy"]["gwp_set"]),
        )
        yield from (SummaryRow(name, (text(value),)) for name, value in rows)

    def scope1(self) -> Iterator[SummaryRow]:
        say, found = self._language.say, self._found["scope1"]
        yield from self._head(say("Scope 1", "范围一"), "t CO2e", "kg CO2e", say("kg, exact", "kg（精确）"))
        for category, kg in found["by_category"].items():
            yield self._sum(term(category, self._language), kg, basis="direct", category=category)
        yield self._sum(say("Scope 1 total", "范围一合计"), found["kg"], found, basis="direct")
        yield from self._head(say("By gas", "按气体"), "t", "kg", "", "t CO2e", "kg CO2e")
        for one in found["by_gas"]:
            wanted = {"basis": "direct", "gas": one["gas"], "group": "kyoto"}
            mass = self._sum(one["gas"], one["mass_kg"], figure="mass_kg", **wanted)
            co2e = self._sum("", one["co2e_kg"], **wanted)
            yield SummaryRow(one["gas"], (*mass.cells, *co2e.cells[:2]))

    def outside(self) -> Iterator[SummaryRow]:
        say, found = self._language.say, self._found["outside"]
        yield from self._head(
            say("Outside the scopes, mass", "范围之外单列，质量"), "t", "kg", say("kg, exact", "kg（精确）")
        )
        name = say("CO2 from biomass", "生物质 CO2")
        yield self._sum(name, found["biogenic_co2_kg"], figure="mass_kg", basis="direct", group="biogenic")
        for one in found["non_kyoto"]:
            wanted = {"basis": "direct", "group": "montreal", "gas": one["gas"]}
            yield self._sum(one["gas"], one["mass_kg"], figure="mass_kg", **wanted)

    def scope2(self) -> Iterator[SummaryRow]:
        say = self._language.say
        head = say("Scope 2, every basis", "范围二，各口径并列")
        yield from self._head(head, "t CO2e", "kg CO2e", say("kg, exact", "kg（精确）"), say("after", "依据"))
        for one in self._found["bases"]:
            basis = one["basis"]
            name, said = term(basis, self._language), text(standard(basis))
            whole = self._sum(name, one["scope2"]["kg"], one["scope2"], basis=basis)
            yield SummaryRow(name, (*whole.cells, said, text(one["scope2"]["gas"])))
            for category in ("electricity", "heat"):
                kg = total_kg(self._data.entries, basis=basis, category=category)
                yield self._sum(f"  {term(category, self._language)}", kg, basis=basis, category=category)
            only = {PARK_COLUMN: "yes"} if basis == Basis.CN_ZERO_CARBON_PARK else {}
            direct = self._entries.total("co2e_kg", basis="direct", **only)
            name = say("scope 1, as this basis counts it", "范围一（按该口径）")
            yield self._row(f"  {name}", direct, one["scope1"]["kg"], one["scope1"])
            formula = f"{direct}+{self._entries.total('co2e_kg', basis=basis)}"
            yield self._row(f"  {say('scope 1 + 2', '范围一＋二')}", formula, one["total"]["kg"], one["total"])

    def beside(self) -> Iterator[SummaryRow]:
        say = self._language.say
        yield from self._head(
            say("Intensities", "排放强度"),
            say("value", "数值"),
            say("unit", "单位"),
            say("kg CO2e per unit", "kg CO2e／单位"),
        )
        for one in self._found["intensities"]:
            cells = (
                number(one["value"]),
                text(one["unit"]),
                number(one["kg_per_unit"]),
                text(", ".join(one["records"])),
            )
            yield SummaryRow(f"{term(one['denominator'], self._language)} {printable(one['product'])}".rstrip(), cells)

    def history(self) -> Iterator[SummaryRow]:
        say, before = self._language.say, self._data.published
        if before is not None:
            yield from self._head(say("Published before", "此前公布"), "kg CO2e", say("now", "现值"))
            yield SummaryRow(
                term("direct", self._language), (number(before["scope1"]["kg"]), number(self._found["scope1"]["kg"]))
            )
            for old, new in zip(before["bases"], self._found["bases"], strict=True):
                cells = (number(old["scope2"]["kg"]), number(new["scope2"]["kg"]))
                yield SummaryRow(term(old["basis"], self._language), cells)
        checkpoint = self._found["checkpoint"]
        if checkpoint is not None:
            yield from self._head(say("Ledger checkpoint", "账本检查点"))
            yield SummaryRow(
                say("tree size, root", "记录数与根哈希"), (text(checkpoint["size"]), text(checkpoint["root"]))
            )

    def _head(self, name: str, *columns: str) -> Iterator[SummaryRow]:
        yield SummaryRow()
        yield SummaryRow(name, tuple(text(one) for one in columns), is_head=True)

    def _sum(
        self, name: str, kg: str, total: Document | None = None, *, figure: str = "co2e_kg", **wanted: str
    ) -> SummaryRow:
        return self._row(name, self._entries.total(figure, **wanted), kg, total)

    def _row(self, name: str, formula: str, kg: str, total: Document | None = None) -> SummaryRow:
        """In t, in kg, exactly; and that it is a lower bound."""
        cells = [Cell(moved(kg), formula=f"=({formula})/1000"), Cell(kg, formula=f"={formula}"), text(kg)]
        if total and total.get("is_lower_bound"):
            cells.append(text(self._language.say("lower bound", "下限")))
        return SummaryRow(name, tuple(cells))
