"""Sections 4 to 6 of a report: instruments, factors, how far the data can be trusted."""

from datetime import date, timedelta
from typing import Any

from gateway.reports.blocks import Block, Pairs, Paragraph, Section, table
from gateway.reports.data import ReportData
from gateway.reports.language import Language, printable
from gateway.reports.numbers import percent, printed
from gateway.reports.terms import term

Document = dict[str, Any]
CRITERIA = (  # GHG Protocol Scope 2 Guidance (2015), table 7.1
    ("conveys the emission rate", "载明排放率"),
    ("is the only claim to it", "唯一主张"),
    ("tracked and retired or cancelled", "可追踪并已注销"),
    ("issued and redeemed close to the period", "签发与使用期间相近"),
    ("same market as the consumption", "与消费处于同一市场"),
    ("utility: specific to what was delivered", "供电商：基于交付电量"),
    ("direct purchase: claims conveyed only here", "直购：主张仅转让给本企业"),
    ("residual mix for what is not covered", "未覆盖部分用剩余混合因子"),
)
_MOST_GAPS = 200


def instruments_section(data: ReportData, language: Language) -> Section:
    """4: each instrument with the eight criteria, evidence, and what is said of the residual mix."""
    say, found = language.say, data.summary["instruments"]
    blocks: list[Block] = []
    for one in found:
        blocks.append(Paragraph(printable(f"{one['id']} · {one['kind']} · {one['energy_source']}"), is_strong=True))
        blocks += [_instrument(one, language), _criteria(one["criteria"], language)]
    if not found:
        blocks.append(Paragraph(say("No contractual instrument is held or claimed.", "未持有、未使用任何合约工具。")))
    blocks.append(Paragraph(residual_mix(data, language)))
    return Section(say("4  Contractual instruments", "4  合约工具"), tuple(blocks))


def residual_mix(data: ReportData, language: Language) -> str:
    """What stands for electricity that no instrument covers."""
    named = data.summary["run"]["policy"].get("residual_mix", "")
    if named:
        return language.say(
            f"Residual mix: the factor `{named}` values what no instrument covers (market-based).",
            f"剩余混合因子：未被合约工具覆盖的电量采用因子 `{named}`（基于市场）。",
        )
    return language.say(
        "Residual mix: none is published for this market. What no instrument covers is valued at the grid average "
        "(market-based), so claims of others may be contained in it twice.",
        "剩余混合因子：本市场未公布。未被合约工具覆盖的电量按电网平均因子核算（基于市场），可能与他人的主张重复。",
    )


def factors_section(data: ReportData, language: Language) -> Section:
    """5: GWP set, every factor with version, source, place, validity, basis, review."""
    say = language.say
    policy, pending = data.summary["run"]["policy"], data.summary["trust"]["pending_factors"]
    columns = [
        (say("Factor", "因子"), 5, False),
        (say("Value", "数值"), 2, True),
        (say("Unit", "单位"), 2, False),
        (say("Validity, region, basis", "有效期、地区、基准"), 5, False),
        (say("Source, place", "来源与位置"), 8, False),
        (say("Review", "核对"), 2, False),
    ]
    blocks: list[Block] = [
        Pairs(((say("GWP set", "GWP 版本"), f"IPCC {policy['gwp_set']}"),)),
        table(columns, [_factor(one, language) for one in data.factors]),
    ]
    names = ", ".join(printable(one) for one in pending)
    nothing = say("No factor waits for review.", "没有待核对的因子。")
    text = say(f"Not yet checked against the source: {names}.", f"尚未与原始文件核对：{names}。")
    blocks.append(Paragraph(text if pending else nothing, is_strong=bool(pending)))
    return Section(say("5  GWP and factors", "5  GWP 与排放因子"), tuple(blocks))


def trust_section(data: ReportData, language: Language) -> Section:
    """6: shares, grade, uncertainty, gaps, exclusions, fallbacks, unexplained losses, what waits."""
    say, found = language.say, data.summary["trust"]
    uncertainty, known = found["uncertainty_percent"], found["uncertainty_known_percent"]
    share = "0 %" if known is None else percent(known)
    unknown = say(f"known for {share} of the emissions, not for the total", f"排放量的 {share} 有不确定度，总量未知")
    rows = (
        (say("Measured", "实测"), percent(found["measured_percent"])),
        (say("Estimated", "估算"), percent(found["estimated_percent"])),
        (say("Missing", "缺失"), percent(found["missing_percent"])),
        (say("Quality grade (lowest)", "数据质量等级（最低）"), term(found["grade"], language)),
        (
            say("Combined uncertainty, 95 %", "合成不确定度（95 %）"),
            unknown if uncertainty is None else f"± {percent(uncertainty)}",
        ),
        (say("Records that wait for approval", "待审批记录"), str(found["waiting"])),
    )
    note = say(
        "Shares are of the time of meters and records: what is missing has no quantity that could weigh it.",
        "份额按计量与记录的时间计算：缺失部分没有可作权重的数量。",
    )
    blocks: list[Block] = [Pairs(rows), Paragraph(note)]
    blocks.append(_gaps(found["gaps"], language))
    silent = say("Sources of which nothing is known (not zero)", "没有任何数据的排放源（并非为零）")
    blocks += _listed(found["without_data"], silent, say("none", "无"))
    uncounted = say("Approved records that no source counts", "未计入任何排放源的已批准记录")
    blocks += _listed(found["uncounted"], uncounted, say("none", "无"))
    exclusions = [language.told(one) for one in found["exclusions"]]
    blocks += _listed(exclusions, say("Exclusions", "排除项"), say("no exclusions", "无排除项"))
    fallbacks = [language.told(one, found["chinese"]) for one in found["fallbacks"]]
    blocks += _listed(fallbacks, say("Fallbacks", "替代因子"), say("no fallback was used", "未使用替代因子"))
    blocks.append(_losses(found["unexplained"], language))
    return Section(say("6  Quality of the data", "6  数据质量"), tuple(blocks))


def _instrument(one: Document, language: Language) -> Block:
    say = language.say
    rows = (
        (say("Energy, MWh", "电量，MWh"), printed(one["energy_mwh"])),
        (say("claimed here, MWh", "本主体使用，MWh"), printed(one.get("allocated_here_mwh"))),
        (
            say("claimed in all / left, MWh", "已分配／剩余，MWh"),
            f"{printed(one['allocated_mwh'])} / {printed(one['left_mwh'])}",
        ),
        (say("Factor, kg/kWh", "因子，kg/kWh"), printed(one["factor_kg_per_kwh"])),
        (say("Market, days", "市场与期间"), printable(f"{one['market']}, {one['from']} – {one['to']}")),
        (say("Retired on", "注销日期"), one["retired_on"] or say("not retired", "未注销")),
        (say("Evidence, SHA-256", "凭证 SHA-256"), ", ".join(printable(file) for file in one["evidence"]) or "–"),
    )
    return Pairs(rows)


def _criteria(found: list[Any], language: Language) -> Block:
    say = language.say
    answers = {True: say("yes", "是"), False: say("no", "否"), None: say("disclosed", "已披露")}
    rows = [
        (str(number), say(*CRITERIA[number - 1]), answers[met])
        for number, met in enumerate(found[: len(CRITERIA)], start=1)
    ]
    heads = [
        ("#", 1, False),
        (say("Criterion (table 7.1)", "质量准则（表 7.1）"), 9, False),
        (say("met", "符合"), 2, False),
    ]
    return table(heads, rows)


def _factor(one: Document, language: Language) -> tuple[str, ...]:
    source = one["source"]
    unit = one["unit"] + ("" if one["per"] is None else f"/{one['per']}")
    days = f"{one['valid_from'] or ''}..{_day_before(one['valid_before'])}"
    valid = language.say("any time", "不限") if days == ".." else days
    basis = "; ".join(
        printable(text) for text in (valid, one["region"], one["basis"], one["assumes"], one["gwp_set"]) if text
    )
    hashed = f"SHA-256 {source['sha256']}" if source["sha256"] else ""
    title, publisher, place = (language.told(source[name] or "") for name in ("title", "publisher", "place"))
    parts = (title, publisher, source["year"], place, source["url"], hashed)
    told = "; ".join(printable(part) for part in parts if part)
    series = f" ({one['series']})" if one["series"] else ""
    name = printable(f"{one['id']}{series}")
    return name, printed(one["value"]), printable(f"{unit} {one['gas']}"), basis, told, term(one["review"], language)


def _day_before(day: str | None) -> str:
    """The last day on which a factor holds."""
    return "" if day is None else (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def _gaps(found: list[Document], language: Language) -> Block:
    say = language.say
    if not found:
        return Paragraph(say("Gaps: none.", "数据缺口：无。"))
    rows = [(printable(one["meter"]), one["from"], one["to"], term(one["how"], language)) for one in found[:_MOST_GAPS]]
    if len(found) > _MOST_GAPS:
        rows.append((f"+ {len(found) - _MOST_GAPS}", "", "", say("see the JSON report", "见 JSON 报告")))
    heads = [(say("Gap at", "缺口计量点"), 5, False), (say("from", "自"), 3, False), (say("to", "至"), 3, False)]
    return table([*heads, (say("filled", "处理"), 3, False)], rows)


def _listed(found: list[str], head: str, nothing: str) -> list[Block]:
    if not found:
        return [Paragraph(f"{head}: {nothing}.")]
    return [Paragraph(head, is_strong=True), *(Paragraph(f"• {printable(one)}") for one in found)]


def _losses(found: list[Document], language: Language) -> Block:
    say = language.say
    if not found:
        return Paragraph(say("Unexplained losses: no meters have others under them.", "不明损耗：没有上下级计量。"))
    rows = [
        (
            language.of(one["name"]),
            f"{printed(one['quantity'])} {one['unit']}",
            percent(one["percent"]),
            printed(one["uncertainty"]),
            verdict(one, language),
        )
        for one in found
    ]
    heads = [
        (say("Unexplained under", "不明损耗（上级表）"), 4, False),
        (say("Quantity", "数量"), 4, True),
        ("%", 2, True),
        (say("Uncertainty", "不确定度"), 3, True),
        (say("Verdict", "结论"), 4, False),
    ]
    return table(heads, rows)


def verdict(one: Document, language: Language) -> str:
    """Whether what is unexplained under a meter is too much; of one that is not all metered below nobody can say."""
    say, is_beyond = language.say, one["is_beyond_limit"]
    if one["missing"]:
        return say("data is missing", "数据缺失")
    if is_beyond is None:
        nothing = say("nothing was supplied", "没有供能")
        return nothing if one["percent"] is None else say("not all of it is metered", "未全部计量")
    too_much = say("more than limit and accuracy allow", "超出限值与电表精度")
    return too_much if is_beyond else say("within limit or accuracy", "在限值或电表精度内")
