"""Sections 7 to 10 of a report: other periods, intensities, standard coal, the ledger's checkpoint."""

from typing import Any

from gateway.reports.blocks import Block, Code, Pairs, Paragraph, Section, table
from gateway.reports.data import ReportData
from gateway.reports.language import Language, printable
from gateway.reports.numbers import printed, tonnes
from gateway.reports.sections_figures import bound
from gateway.reports.terms import term

Document = dict[str, Any]
_MONTHS = 12


def history_section(data: ReportData, language: Language) -> Section:
    """7: base year, periods before, what was restated and what had been published, what is due."""
    say, found = language.say, data.summary
    heads = [
        (say("Period", "期间"), 4, False),
        (say("scope 1, t", "范围一，吨"), 3, True),
        (say("scope 2, t (default basis)", "范围二，吨（默认口径）"), 4, True),
        (say("total, t", "合计，吨"), 3, True),
        (say("change since, t", "本期变化，吨"), 3, True),
        ("%", 2, True),
    ]
    default = next((one["basis"] for one in found["bases"] if one["is_default"]), "")
    base = found["base_year"]
    others = (
        (say("period before", "上期"), found["comparison"].get("previous_period")),
        (say("year before", "上年同期"), found["comparison"].get("previous_year")),
        (say("base year", "基准年"), None if base is None else {**base, "period": _base_label(base, language)}),
    )
    rows = [_compared(name, one, default, language) for name, one in others]
    threshold = found["run"]["policy"].get("threshold_percent", "5")
    rule = say(
        f"The base year is recalculated where structure, method or an error changes it by {threshold} % or more. "
        "New grid factors alone never restate a closed period.",
        f"结构、方法变化或差错使基准年变化达到 {threshold} % 时重算。新的电网因子本身不触发已关账期间的重述。",
    )
    blocks: list[Block] = [table(heads, rows), Paragraph(rule)]
    return Section(
        say("7  Base year, other periods, restatements", "7  基准年、比较期间与重述"), (*blocks, *_told(data, language))
    )


def intensity_section(data: ReportData, language: Language) -> Section:
    """8: per output value, product, area, head, tce; with the records of the denominators."""
    say, found = language.say, data.summary["intensities"]
    if not found:
        text = say("No denominator is recorded for exactly this period.", "本期间没有已批准的分母记录。")
        return Section(say("8  Intensities", "8  排放强度"), (Paragraph(text),))
    heads = [
        (say("Denominator", "分母"), 4, False),
        (say("Value", "数值"), 3, True),
        (say("Unit", "单位"), 2, False),
        (say("kg CO2e per unit", "kg CO2e／单位"), 3, True),
        (say("Basis", "口径"), 3, False),
        (say("Records", "记录"), 6, False),
    ]
    rows = [
        (
            term(one["denominator"], language) + (f" {printable(one['product'])}" if one["product"] else ""),
            printed(one["value"]),
            printable(one["unit"]),
            ("≥ " if one.get("is_lower_bound") else "") + printed(one["kg_per_unit"]),
            term(one["basis"], language),
            ", ".join(one["records"]),
        )
        for one in found
    ]
    return Section(say("8  Intensities", "8  排放强度"), (table(heads, rows),))


def coal_section(data: ReportData, language: Language) -> Section:
    """9: standard coal, both equivalents."""
    say, found = language.say, data.summary["energy"]
    heads = [
        (say("Energy", "能源"), 3, False),
        (say("Direction", "方向"), 3, False),
        (say("Quantity", "数量"), 3, True),
        (say("Unit", "单位"), 2, False),
        (say("tce, calorific value", "tce（当量值）"), 3, True),
        (say("tce, primary energy", "tce（等价值）"), 3, True),
    ]
    rows = [
        (
            term(one["carrier"], language),
            term(one["direction"], language),
            printed(one["quantity"]),
            printable(one["unit"]),
            printed(one["tce_calorific"], 3),
            printed(one["tce_primary"], 3),
        )
        for one in found
    ]
    note = say("– : no coefficient is in the catalogue for it.", "– ：因子目录中没有对应系数。")
    return Section(say("9  Standard coal", "9  折标准煤"), (table(heads, rows), Paragraph(note)))


def ledger_section(data: ReportData, language: Language) -> Section:
    """10: checkpoint and how anybody verifies it."""
    say, found = language.say, data.summary["checkpoint"]
    title = say("10  Ledger checkpoint", "10  账本检查点")
    if found is None:
        return Section(title, (Paragraph(say("Nothing was signed yet.", "尚无签名的检查点。")),))
    rows = (
        (say("Tree size", "记录数"), f"{found['size']:,}"),
        (say("Root hash", "根哈希"), found["root"]),
        (say("Signed", "签名时间"), found["time"]),
        (say("Public key", "公钥"), ", ".join(data.keys)),
    )
    how = say(
        "The signed checkpoint (C2SP). Save it as kept.txt, byte for byte; then, on the gateway, on a copy of its data "
        "directory or on an export (`park-gateway ledger export`):",
        "已签名检查点（C2SP 格式）。逐字节保存为 kept.txt，"
        "然后在网关、其数据目录副本或导出文件（`park-gateway ledger export`）上执行：",
    )
    key = data.keys[-1] if data.keys else ""
    command = f'park-gateway ledger verify --checkpoint kept.txt --key "{key}"'
    proves = say(
        "It proves that nothing recorded until then was rewritten, to whoever holds the checkpoint; it proves nothing "
        "about the truth at the meter.",
        "对持有该检查点者证明：此前的记录未被改写；它不证明计量本身的真实性。",
    )
    blocks: list[Block] = [
        Pairs(rows),
        Code(found["note"].rstrip("\n")),
        Paragraph(how),
        Code(command),
        Paragraph(proves),
    ]
    if data.is_open:
        text = say("The period is open: its entries are not in the ledger yet.", "该期间未关账：其条目尚未写入账本。")
        blocks.append(Paragraph(text, is_strong=True))
    return Section(title, tuple(blocks))


def _compared(name: str, one: Document | None, default: str, language: Language) -> tuple[str, ...]:
    if one is None:
        return (f"{name}: {language.say('no data', '无数据')}", "–", "–", "–", "–", "–")
    total = bound({"kg": one["total_kg"], "is_lower_bound": one["is_lower_bound"]}, language)
    return (
        f"{name} {one['period']}",
        tonnes(one["scope1_kg"]),
        tonnes(one["scope2_kg"].get(default)),
        total,
        "–" if one["difference_kg"] is None else tonnes(one["difference_kg"]),
        "–" if one["difference_percent"] is None else printed(one["difference_percent"], 2),
    )


def _base_label(base: Document, language: Language) -> str:
    """The year, and how much of it is known while that is not all of it."""
    year, months = base["year"], base["months"]
    if months == _MONTHS:
        return str(year)
    return language.say(f"{year}, {months} of {_MONTHS} months", f"{year}（{_MONTHS} 个月中的 {months} 个月）")


def _told(data: ReportData, language: Language) -> list[Block]:
    """What was published before, each restatement with reason and effect, and those that are due."""
    say, found = language.say, data.summary
    blocks: list[Block] = []
    if data.published is not None:
        blocks += [
            Paragraph(say("Published before, and now", "此前公布与现值"), is_strong=True),
            _published(data.published, found, language),
        ]
    for one in found["restatements"]:
        names = say("by", "编制"), say("approved by", "批准")
        who = f"{names[0]} {printable(one['by'])}, {names[1]} {printable(one['approver'])}"
        head = f"{say('Restatement', '重述')} {one['period']}, {one['time']}, {who}"
        reason = f"{say('Reason', '原因')}: {printable(one['reason'])}"
        blocks += [Paragraph(head, is_strong=True), Paragraph(reason), _effect(one["effect"], language)]
    if not found["restatements"]:
        text = say("No restatement since the last publication.", "自上次公布以来没有重述。")
        blocks.append(Paragraph(text))
    for one in found["due"]:
        sources = ", ".join(printable(source) for source in one["sources"])
        text = say(f"Data of {one['period']} has changed since it was closed ({sources}): a restatement is due.",
                   f"{one['period']} 关账后数据有变化（{sources}）：应予重述。")  # fmt: skip
        blocks += [Paragraph(text, is_strong=True), _effect(one["effect"], language)]
    return blocks


def _published(before: Document, now: Document, language: Language) -> Block:
    say = language.say
    rows = [(term("direct", language), tonnes(before["scope1"]["kg"]), tonnes(now["scope1"]["kg"]))]
    rows += [
        (
            f"{say('scope 2', '范围二')}, {term(old['basis'], language)}",
            tonnes(old["scope2"]["kg"]),
            tonnes(new["scope2"]["kg"]),
        )
        for old, new in zip(before["bases"], now["bases"], strict=True)
    ]
    heads = [("", 5, False), (say("published, t", "此前公布，吨"), 3, True), (say("now, t", "现值，吨"), 3, True)]
    return table(heads, rows)


def _effect(effect: Document, language: Language) -> Block:
    say = language.say
    parts = {"direct": effect["scope1"], **effect["scope2"]}
    rows = [
        (term(name, language), tonnes(one["before_kg"]), tonnes(one["after_kg"]), tonnes(one["difference_kg"]))
        for name, one in parts.items()
    ]
    heads = [
        (say("Effect", "影响"), 5, False),
        (say("before, t", "之前，吨"), 3, True),
        (say("after, t", "之后，吨"), 3, True),
        (say("difference, t", "差额，吨"), 3, True),
    ]
    return table(heads, rows)
