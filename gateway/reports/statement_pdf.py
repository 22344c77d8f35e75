"""A tenant's statement of a month as PDF: lines, total, what it was charged by, readings, what is missing."""

from pathlib import Path
from typing import Any

from gateway.reports.blocks import Block, Pairs, Paragraph, Section, table
from gateway.reports.fonts import faces
from gateway.reports.language import Language, printable
from gateway.reports.numbers import printed
from gateway.reports.pdf import Printed, lacking, make_pdf

Document = dict[str, Any]
_BANDS = {
    "sharp": ("sharp peak", "尖"),
    "peak": ("peak", "峰"),
    "flat": ("flat", "平"),
    "valley": ("valley", "谷"),
    "deep_valley": ("deep valley", "深谷"),
}


def statement_pdf(document: Document, language: Language, time_ns: int, font: Path | None = None) -> bytes:
    """The PDF of a Statement document; `time_ns`: when it was printed. Raises Unavailable without a font."""
    say, shown = language.say, faces(language, font)
    sections = statement_sections(document, language)
    name, label = language.of(document["enterprise"]["name"]), document["period"]["label"]
    title = say("Statement of energy", "能源结算单")
    warning = say("Not complete: see the last section.", "不完整：见末节。")
    made = Printed(
        title=title,
        subtitle=f"{name} · {label}",
        head=f"{name} · {label} · {title}",
        foot=say("Accounted by park-gateway from the registers below.", "由 park-gateway 依据下列表计核算。"),
        time_ns=time_ns,
        language=language,
        warning=" ".join(
            one for one in ("" if document["is_complete"] else warning, lacking(sections, shown, language)) if one
        ),
    )
    return make_pdf(sections, made, shown)


def statement_sections(document: Document, language: Language) -> list[Section]:
    """Bill, tariffs, readings, comparison and gaps."""
    return [
        _bill(document, language),
        _tariffs(document, language),
        _readings(document, language),
        _rest(document, language),
    ]


def _bill(document: Document, language: Language) -> Section:
    say, money = language.say, document["currency"]
    total = printed(document["total"]) + ("" if document["is_complete"] or not document["is_lower_bound"] else " (≥)")
    rows = [
        (
            language.of(one["name"]),
            "" if one["period"] is None else say(*_BANDS.get(one["period"], (one["period"],) * 2)),
            printed(one["quantity"]),
            printable(one["unit"]),
            printed(one["price"]),
            printed(one["amount"]),
        )
        for one in document["lines"]
    ]
    rows.append((say("Total", "合计"), "", "", "", "", total))
    heads = [
        (say("Line", "项目"), 6, False),
        (say("Period", "时段"), 2, False),
        (say("Quantity", "数量"), 3, True),
        (say("Unit", "单位"), 2, False),
        (say("Price", "单价"), 3, True),
        (f"{say('Amount', '金额')}, {money}", 3, True),
    ]
    facts = [
        (say("Enterprise", "企业"), f"{language.of(document['enterprise']['name'])} ({document['enterprise']['id']})"),
        (say("Period", "期间"), document["period"]["label"]),
        (say("Energy bought", "购电量"), f"{printed(document['energy']['quantity'])} {document['energy']['unit']}"),
        (say("Power factor", "功率因数"), printed(document["power_factor"])),
        (say("VAT contained", "其中增值税"), printed(document["vat_in_total"])),
    ]
    return Section(say("Amounts", "金额"), (Pairs(tuple(facts)), table(heads, rows, -1)))


def _tariffs(document: Document, language: Language) -> Section:
    say = language.say
    heads = [(say("Tariff", "电价"), 4, False), (say("valid", "有效期"), 4, False), (say("days", "天数"), 1, True),
             (say("source", "来源"), 6, False)]  # fmt: skip
    rows = [
        (
            f"{language.of(one['name'])} ({printable(one['id'])})",
            f"{one['valid_from']} – {one['valid_to'] or ''}",
            str(one["days"]),
            printable(one["source"]),
        )
        for one in document["tariffs"]
    ]
    told = say(printable(document["rounding"]), "每行四舍五入至最小货币单位；合计为各行之和。")
    return Section(say("Tariffs", "电价依据"), (table(heads, rows), Paragraph(told)))


def _readings(document: Document, language: Language) -> Section:
    say = language.say
    heads = [
        (say("Register", "计量点"), 4, False),
        (say("at the beginning", "期初示数"), 4, True),
        (say("at the end", "期末示数"), 4, True),
        (say("Quantity", "数量"), 3, True),
        (say("Unit", "单位"), 2, False),
    ]
    rows = [
        (
            printable(one["meter"]),
            *(_reading(one[name]) for name in ("begin", "end")),
            ("≥ " if one["is_lower_bound"] else "") + printed(one["quantity"]),
            printable(one["quantity_unit"]),
        )
        for one in document["readings"]
    ]
    return Section(say("Readings", "表计示数"), (table(heads, rows),))


def _reading(found: Document | None) -> str:
    return "–" if found is None else f"{printed(found['value'])} ({found['time'][:16].replace('T', ' ')})"


def _rest(document: Document, language: Language) -> Section:
    say = language.say
    blocks: list[Block] = []
    named = (("previous_period", say("period before", "上期")), ("previous_year", say("year before", "上年同期")))
    for key, name in named:
        one = document.get("comparison", {}).get(key)
        if one is not None:
            label, energy = one["period"]["label"], one["energy"]
            bought = f"{printed(energy['quantity'])} {energy['unit']}"
            blocks.append(Paragraph(f"{name} {label}: {printed(one['total'])} {one['currency']}, {bought}"))
    blocks += [Paragraph(f"• {printable(one[language.value])}") for one in document["missing"]]
    blocks.append(
        Paragraph(
            say(
                f"{document['estimated_percent']} % of the time is estimated.",
                f"估算时间占 {document['estimated_percent']} %。",
            )
        )
    )
    return Section(say("Comparison and gaps", "比较与缺失"), tuple(blocks))
