"""The carbon report as PDF: the checklist of a scope 1 and 2 summary, section by section."""

from pathlib import Path

from gateway.reports.blocks import Section
from gateway.reports.data import ReportData
from gateway.reports.fonts import faces
from gateway.reports.language import Language
from gateway.reports.pdf import Printed, lacking, make_pdf
from gateway.reports.sections_basis import factors_section, instruments_section, trust_section
from gateway.reports.sections_figures import entity_section, scope1_section, scope2_section
from gateway.reports.sections_proof import coal_section, history_section, intensity_section, ledger_section
from gateway.reports.terms import term

SECTIONS = (
    entity_section,
    scope1_section,
    scope2_section,
    instruments_section,
    factors_section,
    trust_section,
    history_section,
    intensity_section,
    coal_section,
    ledger_section,
)


def carbon_sections(data: ReportData, language: Language) -> list[Section]:
    """All ten."""
    return [make(data, language) for make in SECTIONS]


def carbon_pdf(data: ReportData, language: Language, font: Path | None = None, *, compress: bool = True) -> bytes:
    """The PDF. Raises Unavailable where no font has the glyphs."""
    shown, found = faces(language, font), data.summary
    sections = carbon_sections(data, language)
    name, period = language.of(found["entity"]["name"]), found["period"]["label"]
    title = language.say("Carbon inventory, scope 1 and 2", "碳排放清单（范围一、范围二）")
    state = term(found["status"], language)
    foot = language.say("no checkpoint was signed yet", "尚无签名的检查点")
    if found["checkpoint"]:
        words = language.say("ledger checkpoint", "账本检查点"), language.say("records, root", "条记录，根哈希")
        foot = f"{words[0]}: {found['checkpoint']['size']} {words[1]} {found['checkpoint']['root']}"
    warnings = [lacking(sections, shown, language)]
    if data.is_open:
        warnings.insert(0, language.say("OPEN: these figures may change until the period is closed.",
                                        "未关账：关账前数据可能变动。"))  # fmt: skip
    printed = Printed(
        title=title,
        subtitle=f"{name} · {period} · {state}",
        head=f"{name} · {period} · {state} · {title}",
        foot=foot,
        time_ns=data.as_of_ns,
        language=language,
        warning=" ".join(one for one in warnings if one),
    )
    return make_pdf(sections, printed, shown, compress=compress)
