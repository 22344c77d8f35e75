"""Sections 1 to 3 of a report: who and when; scope 1; scope 2 on every basis."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from gateway.reports.blocks import Block, Pairs, Paragraph, Section, table
from gateway.reports.data import NS, ReportData
from gateway.reports.language import Language, printable
from gateway.reports.numbers import GAS_PLACES, percent, printed, tonnes
from gateway.reports.sums import total_kg
from gateway.reports.terms import standard, term

Document = dict[str, Any]


def entity_section(data: ReportData, language: Language) -> Section:
    """1: entity, boundary, period, responsible persons, standards, basis."""
    say, found = language.say, data.summary
    policy, boundary, closed = found["run"]["policy"], found["run"]["boundary"], found["closed"]
    kind = say("park", "园区") if found["entity"]["kind"] == "park" else say("enterprise", "企业")
    default = next((one["basis"] for one in found["bases"] if one["is_default"]), None)
    nobody = say("nobody yet: the period is open", "尚无：该期间未关账")
    sources = ", ".join(printable(one["id"]) for one in boundary["sources"]) or "–"
    who = ", ".join(f"{language.of(one['name'])} ({printable(one['id'])})" for one in data.enterprises) or "–"
    complete = say("complete", "数据完整") if found["is_complete"] else say("not complete", "数据不完整")
    rows = (
        (say("Entity", "核算主体"), f"{language.of(found['entity']['name'])} ({found['entity']['id']}), {kind}"),
        (say("Site", "场所"), f"{language.of(data.site['name'])} ({data.site['id']})"),
        (say("Enterprises", "企业"), who),
        (say("Boundary approach", "边界方法"), f"{term(boundary['approach'], language)}, {version(policy, language)}"),
        (say("Responsible", "负责人"), printable(boundary.get("responsible", "")) or "–"),
        (say("Standards", "依据标准"), ", ".join(map(printable, boundary.get("standards", ()))) or "–"),
        (say("Emission sources", "排放源"), sources),
        (say("Period", "期间"), _period(found)),
        (say("State", "状态"), f"{term(found['status'], language)}; {complete}"),
        (say("Figures as of", "数据截至"), _local(data.as_of_ns, found["period"]["zone"])),
        (say("Prepared by", "编制人"), printable(closed["by"]) if closed else nobody),
        (say("Approved by", "批准人"), printable(closed["approver"]) if closed else nobody),
        (say("Scope 1 after", "范围一依据"), standard("direct")),
        *((f"{say('Basis', '口径')} {term(one['basis'], language)}", standard(one["basis"])) for one in found["bases"]),
        (say("Default basis", "默认口径"), term(default, language)),
        (say("Calculated by", "计算程序"), f"park-gateway {found['run']['code_version']}"),
        (say("Runs", "计算批次"), ", ".join(found["run"]["ids"])),
        (say("Catalogue SHA-256", "因子目录 SHA-256"), found["run"]["catalogue_sha256"]),
    )
    names_said = say(
        "Names of persons are as stated with the close. Tonnes are rounded half up for print; every sum is of exact "
        "values, which the XLSX and CSV reports hold.",
        "人员姓名为关账时声明。吨数仅在打印时四舍五入；所有合计均为精确值之和，精确值见 XLSX 与 CSV 报告。",
    )
    title = say("1  Entity, boundary, period", "1  核算主体、边界与期间")
    return Section(title, (Pairs(rows), Paragraph(names_said)))


def scope1_section(data: ReportData, language: Language) -> Section:
    """2: by category and gas in t and t CO2e, by source; biogenic CO2 and gases of Montreal outside."""
    say, found = language.say, data.summary["scope1"]
    outside = data.summary["outside"]
    categories = {name: found["by_category"].get(name, "0") for name in ("stationary", "mobile", "process", "fugitive")}
    categories |= found["by_category"]
    t_co2e = say("t CO2e", "吨 CO2e")
    by_category = table(
        [(say("Category", "类别"), 3, False), (t_co2e, 2, True)],
        [
            *((term(name, language), tonnes(kg)) for name, kg in categories.items()),
            (say("Scope 1", "范围一合计"), bound(found, language)),
        ],
        -1,
    )
    by_gas = table(
        [(say("Gas", "气体"), 2, False), (say("mass, t", "质量，吨"), 2, True), (t_co2e, 2, True)],
        [(one["gas"], tonnes(one["mass_kg"], GAS_PLACES), tonnes(one["co2e_kg"])) for one in found["by_gas"]],
    )
    apart = table(
        [(say("Outside the scopes", "范围之外单列"), 3, False), (say("mass, t", "质量，吨"), 2, True)],
        [
            (say("CO2 from biomass", "生物质 CO2"), tonnes(outside["biogenic_co2_kg"], GAS_PLACES)),
            *((one["gas"], tonnes(one["mass_kg"], GAS_PLACES)) for one in outside["non_kyoto"]),
        ],
    )
    blocks: list[Block] = [by_category, by_gas, _sources(found, language), apart]
    if not outside["non_kyoto"]:
        blocks.append(
            Paragraph(say("No gas outside the Kyoto Protocol (as R-22).", "无《京都议定书》以外的气体（如 R-22）。"))
        )
    blocks += [Paragraph(f"• {printable(note[language.value])}") for note in found["notes"]]
    if data.summary["measured_beside"]:
        blocks += _measured(data.summary["measured_beside"], language)
    return Section(say("2  Scope 1", "2  范围一"), tuple(blocks))


def scope2_section(data: ReportData, language: Language) -> Section:
    """3: every basis side by side, with the energy quantities; heat on lines of its own."""
    say, found = language.say, data.summary
    side = table(
        [
            (say("Basis", "口径"), 4, False),
            (say("electricity, t", "电力，吨"), 3, True),
            (say("heat, t", "热力，吨"), 3, True),
            (say("scope 2, t", "范围二，吨"), 3, True),
            (say("scope 2 gas", "范围二气体"), 2, False),
            (say("scope 1, t", "范围一，吨"), 3, True),
            (say("scope 1 + 2, t", "范围一＋二，吨"), 3, True),
        ],
        [
            (
                term(one["basis"], language),
                tonnes(part_kg(data, one["basis"], "electricity")),
                tonnes(part_kg(data, one["basis"], "heat")),
                bound(one["scope2"], language),
                one["scope2"]["gas"],
                bound(one["scope1"], language),
                bound(one["total"], language),
            )
            for one in found["bases"]
        ],
    )
    blocks: list[Block] = [side, _energy(found["energy"], language)]
    for one in found["bases"]:
        blocks.append(Paragraph(term(one["basis"], language), is_strong=True))
        blocks.append(_lines(one["lines"], language))
        blocks += [Paragraph(text) for text in _said(one, language)]
    return Section(say("3  Scope 2, every basis", "3  范围二，各口径并列"), tuple(blocks))


def part_kg(data: ReportData, basis: str, category: str) -> str:
    """The scope 2 of a basis in one category, exact."""
    return total_kg(data.entries, basis=basis, category=category)


def bound(total: Document, language: Language) -> str:
    """A total in t, marked where it is a lower bound."""
    text = tonnes(total["kg"])
    return f"≥ {text}" if total.get("is_lower_bound") else text


def version(policy: Document, language: Language) -> str:
    """Which policy."""
    return f"{language.say('policy version', '政策版本')} {policy.get('version', 1)}"


def _period(found: Document) -> str:
    period = found["period"]
    return f"{period['label']}: {period['from']} – {period['to']} ({period['zone']})"


def _local(time_ns: int, zone: str) -> str:
    return datetime.fromtimestamp(time_ns // NS, UTC).astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")


def _sources(found: Document, language: Language) -> Block:
    say = language.say
    return table(
        [
            (say("Source", "排放源"), 4, False),
            (say("Category", "类别"), 3, False),
            (say("Quantity", "数量"), 3, True),
            (say("Unit", "单位"), 2, False),
            (say("t CO2e", "吨 CO2e"), 3, True),
            (say("measured", "实测"), 2, True),
        ],
        [
            (
                language.of(one["name"]),
                term(one["category"], language),
                printed(one["quantity"]),
                printable(one["unit"]),
                bound(one, language),
                percent(one["shares"].get("measured")),
            )
            for one in found["by_source"]
        ],
    )


def _measured(found: list[Document], language: Language) -> list[Block]:
    say = language.say
    head = say(
        "Continuous measurement (CEMS), beside the figures above and never added to them:",
        "连续监测（CEMS），与上列计算值并列，不相加：",
    )
    rows = [
        (
            printable(one["source"]),
            f"{one['from']} – {one['to']}",
            "; ".join(f"{gas} {tonnes(kg, GAS_PLACES)}" for gas, kg in one["masses_kg"].items()),
            f"{printed(one['substituted_hours'])} / {printed(one['hours'])}",
        )
        for one in found
    ]
    columns = [
        (say("Source", "排放源"), 3, False),
        (say("Days", "日期"), 3, False),
        (say("mass, t", "质量，吨"), 4, True),
        (say("hours substituted / all", "替代小时／总小时"), 3, True),
    ]
    return [Paragraph(head), table(columns, rows)]


def _energy(found: list[Document], language: Language) -> Block:
    say = language.say
    columns = [
        (say("Energy", "能源"), 3, False),
        (say("Direction", "方向"), 3, False),
        (say("Quantity", "数量"), 3, True),
        (say("Unit", "单位"), 2, False),
    ]
    rows = [
        (term(one["carrier"], language), term(one["direction"], language), printed(one["quantity"]), one["unit"])
        for one in found
    ]
    return table(columns, rows)


def _lines(found: list[Document], language: Language) -> Block:
    say = language.say
    columns = [
        (say("Source", "排放源"), 4, False),
        (say("Kind", "类型"), 2, False),
        (say("Quantity", "数量"), 3, True),
        (say("Unit", "单位"), 1, False),
        (say("Factor", "因子"), 5, False),
        (say("t CO2e", "吨 CO2e"), 3, True),
    ]
    rows = [
        (
            printable(one["source"]) + (f" [{printable(one['instrument'])}]" if one["instrument"] else ""),
            term(one["label"], language),
            printed(one["quantity"]),
            printable(one["unit"]),
            printable(one["factor_text"]) or "–",
            bound(one, language),
        )
        for one in found
    ]
    return table(columns, rows)


def _said(one: Document, language: Language) -> list[str]:
    """Notes of the basis but those of scope 1, what could not be valued, the park's indicator."""
    notes = [f"• {printable(note[language.value])}" for note in one["notes"] if note["scope"] != 1]
    no_value = language.say("no value", "无法核算")
    notes += [
        f"• {no_value}: {printable(wrong['source'])}: {language.told(wrong['message'])}" for wrong in one["refusals"]
    ]
    if one["indicator"]:
        value = printed(one["indicator"]["value"], 4)
        head = language.say("Indicator of the zero-carbon park", "零碳园区单位能耗碳排放")
        notes.append(f"• {head}: {value} tCO2/tce. {printable(one['indicator'][language.value])}")
    return notes
