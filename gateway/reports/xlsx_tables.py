"""The sheets of a workbook that hold values alone: activity, instruments, energy, trust, checkpoint."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gateway.reports.data import Document, ReportData
from gateway.reports.language import Language
from gateway.reports.numbers import percent, printed
from gateway.reports.sections_basis import CRITERIA, residual_mix, verdict
from gateway.reports.terms import term


@dataclass(frozen=True, slots=True)
class Cell:
    """A text, a number as its decimal text, or a formula with the value that it gives."""

    value: str = ""
    is_number: bool = False
    formula: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A name, a head, rows."""

    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def text(value: object) -> Cell:
    """As text."""
    return Cell("" if value is None else str(value))


def number(value: str | None) -> Cell:
    """As a number; a decimal text that no double can hold, or is none, stays a text."""
    if value is None:
        return Cell()
    return Cell(value, is_number=Decimal(value).is_finite() and Decimal(value).adjusted() < 300)


def table_sheets(data: ReportData, language: Language) -> list[Sheet]:
    """In the order of the workbook; the first stands before the factors."""
    return [
        _activity(data, language),
        _instruments(data, language),
        _energy(data, language),
        _trust(data, language),
        _checkpoint(data, language),
    ]


def _activity(data: ReportData, language: Language) -> Sheet:
    head = tuple(language.say(english, chinese) for english, chinese, _ in _ACTIVITY)
    return Sheet("Activity", head, tuple(tuple(cell(one) for _, _, cell in _ACTIVITY) for one in data.lines))


def _quantity(value: str) -> Cell:
    """A number where it is a decimal: an exact one may be a fraction."""
    return text(value) if "/" in value else number(value)


def _named(name: str) -> Callable[[Document], Cell]:
    return lambda one: text(one[name])


def _share(name: str) -> Callable[[Document], Cell]:
    return lambda one: number(one["shares"][name])


def _meters(one: Document) -> Cell:
    return text("; ".join(f"{meter['meter']}: {meter['digest']}" for meter in one["meters"]))


_ACTIVITY: tuple[tuple[str, str, Callable[[Document], Cell]], ...] = (  # the columns: head in both languages, cell
    ("id", "id", _named("id")),
    ("period", "期间", _named("period")),
    ("source", "排放源", _named("source")),
    ("enterprise", "企业", _named("enterprise")),
    ("from", "自", _named("from")),
    ("to", "至", _named("to")),
    ("quantity", "数量", lambda one: _quantity(one["quantity"])),
    ("quantity, exact", "数量（精确）", _named("quantity")),
    ("unit", "单位", _named("unit")),
    ("direction", "方向", _named("direction")),
    ("grade", "等级", _named("grade")),
    ("measured", "实测份额", _share("measured")),
    ("estimated", "估算份额", _share("estimated")),
    ("missing", "缺失份额", _share("missing")),
    ("meters: digest of their intervals", "计量点：区间摘要", _meters),
    ("records", "记录", lambda one: text(", ".join(one["records"]))),
    ("evidence SHA-256", "凭证 SHA-256", lambda one: text(", ".join(one["evidence"]))),
)


def _instruments(data: ReportData, language: Language) -> Sheet:
    say = language.say
    head = (
        "id",
        say("kind", "类型"),
        say("energy source", "能源"),
        say("market", "市场"),
        say("from", "自"),
        say("to", "至"),
        "MWh",
        say("claimed here, MWh", "本主体使用，MWh"),
        say("claimed, MWh", "已分配，MWh"),
        say("left, MWh", "剩余，MWh"),
        "kg/kWh",
        say("retired on", "注销日期"),
        *(f"{place} {say(*one)}" for place, one in enumerate(CRITERIA, start=1)),
        say("evidence SHA-256", "凭证 SHA-256"),
    )
    answers = {True: say("yes", "是"), False: say("no", "否"), None: say("disclosed", "已披露")}
    rows = []
    for one in data.summary["instruments"]:
        criteria = [text(answers[met]) for met in one["criteria"]]
        rows.append(
            (
                *(text(one[name]) for name in ("id", "kind", "energy_source", "market", "from", "to")),
                number(one["energy_mwh"]),
                number(one.get("allocated_here_mwh")),
                number(one["allocated_mwh"]),
                number(one["left_mwh"]),
                number(one["factor_kg_per_kwh"]),
                text(one["retired_on"]),
                *criteria,
                text(", ".join(one["evidence"])),
            )
        )
    return Sheet("Instruments", head, (*rows, (text(residual_mix(data, language)),)))


def _energy(data: ReportData, language: Language) -> Sheet:
    say = language.say
    head = (
        say("energy", "能源"),
        say("direction", "方向"),
        say("quantity", "数量"),
        say("unit", "单位"),
        say("tce, calorific value", "tce（当量值）"),
        say("tce, primary energy", "tce（等价值）"),
    )
    rows = [
        (
            text(term(one["carrier"], language)),
            text(term(one["direction"], language)),
            _quantity(one["quantity"]),
            text(one["unit"]),
            number(one["tce_calorific"]),
            number(one["tce_primary"]),
        )
        for one in data.summary["energy"]
    ]
    return Sheet("Energy", head, tuple(rows))


def _trust(data: ReportData, language: Language) -> Sheet:
    found, say = data.summary["trust"], language.say
    rows: list[tuple[Cell, ...]] = [
        (text(say("measured %", "实测 %")), number(found["measured_percent"])),
        (text(say("estimated %", "估算 %")), number(found["estimated_percent"])),
        (text(say("missing %", "缺失 %")), number(found["missing_percent"])),
        (text(say("uncertainty %, 95 %", "不确定度 %（95 %）")), number(found["uncertainty_percent"])),
        (text(say("uncertainty known for, %", "不确定度覆盖 %")), number(found["uncertainty_known_percent"])),
        (text(say("grade", "等级")), text(term(found["grade"], language))),
        (text(say("records that wait", "待审批记录")), text(found["waiting"])),
    ]
    listed = (
        (say("gap", "缺口"), [f"{one['meter']} {one['from']} – {one['to']}: {one['how']}" for one in found["gaps"]]),
        (say("source without data", "无数据的排放源"), found["without_data"]),
        (say("record that no source counts", "未计入的记录"), found["uncounted"]),
        (say("exclusion", "排除项"), [language.told(one) for one in found["exclusions"]]),
        (say("fallback", "替代因子"), [language.told(one, found["chinese"]) for one in found["fallbacks"]]),
        (say("pending factor", "待核对因子"), found["pending_factors"]),
        (say("unexplained loss", "不明损耗"), [_loss(one, language) for one in found["unexplained"]]),
        (say("note", "说明"), list(dict.fromkeys(_notes(data.summary, language)))),
        (
            say("restatement", "重述"),
            [f"{one['period']} {one['time']}: {one['reason']}" for one in data.summary["restatements"]],
        ),
        (
            say("restatement due", "应予重述"),
            [f"{one['period']}: {', '.join(one['sources'])}" for one in data.summary["due"]],
        ),
    )
    rows += [(text(name), text(one)) for name, texts in listed for one in texts]
    return Sheet("Trust", (say("what", "项目"), say("value", "内容")), tuple(rows))


def _loss(one: dict[str, Any], language: Language) -> str:
    name = f"{language.of(one['name'])} ({one['meter']})"
    return f"{name}: {printed(one['quantity'])} {one['unit']} ({percent(one['percent'])}), {verdict(one, language)}"


def _notes(found: Mapping[str, Any], language: Language) -> Iterable[str]:
    direct = term("direct", language)
    yield from (f"{direct}: {note[language.value]}" for note in found["scope1"]["notes"])
    for one in found["bases"]:
        for note in one["notes"]:
            if note["scope"] != 1:
                said = note[language.value]
                is_named = note["code"] == "disclosure"  # it begins with its basis, or is the same of every one
                yield said if is_named else f"{term(one['basis'], language)}: {said}"
        yield from (
            f"{one['basis']}: {wrong['source']}: {language.told(wrong['message'])}" for wrong in one["refusals"]
        )


def _checkpoint(data: ReportData, language: Language) -> Sheet:
    found, say = data.summary["checkpoint"], language.say
    head = (say("what", "项目"), say("value", "内容"))
    if found is None:
        return Sheet("Checkpoint", head, ((text(say("nothing was signed yet", "尚无签名")),),))
    rows = [
        (text(say("tree size", "记录数")), text(found["size"])),
        (text(say("root hash", "根哈希")), text(found["root"])),
        (text(say("signed", "签名时间")), text(found["time"])),
        *((text(say("public key", "公钥")), text(key)) for key in data.keys),
        *((text(say("note, line", "签名文本，行")), text(line)) for line in found["note"].split("\n")),
        (text(say("verify", "验证")), text("park-gateway ledger verify --checkpoint kept.txt --key KEY")),
        (text(say("run", "计算批次")), text(", ".join(data.summary["run"]["ids"]))),
    ]
    return Sheet("Checkpoint", head, tuple(rows))
