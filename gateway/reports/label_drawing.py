"""The carbon label drawn: a page of HTML without script, an SVG, a PDF; each with the QR code and what it proves."""

from html import escape
from pathlib import Path

import segno

from gateway.reports.blocks import Block, Code, Matrix, Pairs, Paragraph, Section
from gateway.reports.fonts import faces
from gateway.reports.label import Label
from gateway.reports.language import Language, printable
from gateway.reports.numbers import printed
from gateway.reports.pdf import Printed, lacking, make_pdf
from gateway.reports.terms import standard, term

_STYLE = (
    "body{font:16px/1.5 system-ui,'Noto Sans CJK SC',sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;"
    "color:#14323c}h1{font-size:1.4rem;margin:0}b.figure{font-size:2.4rem}dl{display:grid;grid-template-columns:"
    "max-content 1fr;gap:.2rem 1rem}dt{color:#666}dd{margin:0;overflow-wrap:anywhere}pre{background:#eef3f4;"
    "padding:.6rem;white-space:pre-wrap;overflow-wrap:anywhere}.open{color:#a33c14;font-weight:bold}svg{max-width:15rem;height:auto}"
)
_SVG_WIDTH, _SVG_HEIGHT, _QR_SIZE = 640, 260, 220
_QUIET = 4  # light modules around a QR code (ISO/IEC 18004)
_SHORT_NAME = 34  # characters that fit on a line of the SVG; wide ones count twice


def label_html(label: Label, language: Language) -> bytes:
    """One page, in UTF-8."""
    say = language.say
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in _rows(label, language))
    qr = segno.make(label.code, micro=False, error="m").svg_inline(scale=4, border=4)
    payload = f"<h2>{escape(_payload_title(language))}</h2><pre>{escape(label.payload)}</pre>" if label.payload else ""
    opened = f'<p class="open">{escape(_opened(language))}</p>' if label.data.is_open else ""
    page = (
        f'<!doctype html><html lang="{"zh-CN" if language is Language.ZH else "en"}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(_title(label, language))}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(_title(label, language))}</h1>{opened}"
        f'<p><b class="figure">{escape(_figure(label))}</b> {escape(printable(label.unit))}</p>{qr}<dl>{rows}</dl>'
        f"<h2>{escape(say('What it proves', '证明范围'))}</h2><p>{escape(proves(language))}</p>"
        f"<h2>{escape(say('The QR code says', '二维码内容'))}</h2><pre>{escape(label.code)}</pre>{payload}"
        "</body></html>\n"
    )
    return page.encode(errors="replace")


def label_svg(label: Label, language: Language) -> bytes:
    """A picture for a product's sheet: name, figure, QR code, short root."""
    title = escape(_title(label, language))
    texts = "".join(
        f'<text x="20" y="{y}" font-size="{size}" font-weight="{weight}">{escape(printable(text))}</text>'
        for y, size, weight, text in _svg_lines(label, language)
    )
    rows = _modules(label)
    dark = "".join(
        f"M{right + _QUIET} {down + _QUIET}h1v1h-1z"
        for down, row in enumerate(rows)
        for right, is_dark in enumerate(row)
        if is_dark
    )
    scale = _QR_SIZE / (len(rows) + 2 * _QUIET)
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_SVG_WIDTH} {_SVG_HEIGHT}" width="{_SVG_WIDTH}" '
        f'height="{_SVG_HEIGHT}" font-family="sans-serif" fill="#14323c"><title>{title}</title>'
        f'<rect width="100%" height="100%" fill="#fff" stroke="#14323c"/>{texts}'
        f'<path transform="translate({_SVG_WIDTH - _QR_SIZE - 20} 20) scale({scale:.6f})" fill="#000" d="{dark}"/>'
        "</svg>\n"
    )
    return drawing.encode(errors="replace")


def _svg_lines(label: Label, language: Language) -> tuple[tuple[int, int, str, str], ...]:
    """The lines of text of the picture: height, size, weight, text."""
    found = label.data.summary
    owner = language.of(found["entity"]["name"]) + (f" · {label.product}" if label.product else "")
    root = f"{language.say('ledger root', '账本根哈希')} {label.short_root}…"
    return (
        (30, 15, "bold", _cut(_title(label, language))),
        (58, 14, "normal", _cut(owner)),
        (82, 13, "normal", f"{found['period']['from']} – {found['period']['to']}"),
        (140, 40, "bold", _figure(label)),
        (168, 15, "normal", _cut(label.unit)),
        (200, 12, "normal", _cut(term(label.basis, language))),
        (220, 11, "normal", _opened(language) if label.data.is_open else root),
        (240, 10, "normal", label.record),
    )


def label_pdf(label: Label, language: Language, font: Path | None = None) -> bytes:
    """One page, the payload below or on the next one."""
    say, found, shown = language.say, label.data.summary, faces(language, font)
    blocks: list[Block] = [Matrix(_modules(label)), Pairs(_rows(label, language)), Paragraph(proves(language))]
    sections = [Section(f"{_figure(label)} {printable(label.unit)}", tuple(blocks))]
    told: list[Block] = [Code(label.code)]
    if label.payload:
        told += [Paragraph(_payload_title(language), is_strong=True), Code(label.payload.rstrip("\n"))]
    sections.append(Section(say("The QR code says", "二维码内容"), tuple(told)))
    name = language.of(found["entity"]["name"])
    warning = _opened(language) if label.data.is_open else ""
    head = f"{name} · {found['period']['label']}"
    checkpoint = found["checkpoint"]
    foot = f"{say('ledger checkpoint', '账本检查点')}: {checkpoint['size']} {checkpoint['root']}" if checkpoint else "–"
    printed_ = Printed(
        title=_title(label, language),
        subtitle=head,
        head=head,
        foot=foot,
        time_ns=label.data.as_of_ns,
        language=language,
        warning=" ".join(one for one in (warning, lacking(sections, shown, language)) if one),
    )
    return make_pdf(sections, printed_, shown)


def _modules(label: Label) -> tuple[tuple[bool, ...], ...]:
    """The QR code without its quiet zone."""
    return tuple(tuple(bool(one) for one in row) for row in segno.make(label.code, micro=False, error="m").matrix)


def proves(language: Language) -> str:
    """Honestly."""
    return language.say(
        "The code states a figure, the ledger record it stands in and the root of the ledger that was signed then. By "
        "itself it is a claim. With the proof below and the gateway's public key anybody can check, offline, that this "
        "record was in the ledger when the root was signed and was not changed since; that the figure is that record's "
        "is shown by the gateway's report or an export of the ledger. It does not prove that meters or declarations "
        "are right.",
        "二维码载明数值、其所在的账本记录以及当时签名的账本根哈希，其本身只是声明。"
        "借助下方证明与网关公钥，任何人可离线核验：该记录在签名时已在账本中且此后未被改动；"
        "数值与该记录的对应关系由网关报告或账本导出文件证明。它不证明计量或申报本身正确。",
    )


def _title(label: Label, language: Language) -> str:
    if label.product:
        return language.say("Carbon label, product", "碳标签（产品）")
    return language.say("Carbon label, scope 1 and 2", "碳标签（范围一、范围二）")


def _opened(language: Language) -> str:
    return language.say("Open: may change, nothing is recorded yet", "未关账：可能变动，尚未入账")


def _payload_title(language: Language) -> str:
    return language.say("Proof of the record (C2SP tlog-proof)", "记录证明（C2SP tlog-proof）")


def _figure(label: Label) -> str:
    return f"{'≥ ' if label.is_lower_bound else ''}{printed(label.figure, 3)}"


def _rows(label: Label, language: Language) -> tuple[tuple[str, str], ...]:
    say, found = language.say, label.data.summary
    checkpoint = found["checkpoint"]
    rows = [
        (say("Entity", "核算主体"), f"{language.of(found['entity']['name'])} ({found['entity']['id']})"),
        (say("Period", "期间"), f"{found['period']['from']} – {found['period']['to']} ({found['period']['zone']})"),
        (say("State", "状态"), term(found["status"], language)),
        *(((say("Product", "产品"), printable(label.product)),) if label.product else ()),
        (say("Figure, exact", "数值（精确）"), f"{printed(label.figure)} {printable(label.unit)} ({label.gas})"),
        (say("Scopes", "范围"), say("scope 1 and 2; not upstream or downstream", "范围一与范围二；不含上下游")),
        (say("Basis", "口径"), f"{term(label.basis, language)}: {standard(label.basis)}"),
        (say("Record", "账本记录"), label.record or "–"),
    ]
    if checkpoint and label.record:
        rows.append((say("Checkpoint", "检查点"), f"{checkpoint['size']} {checkpoint['root']} ({checkpoint['time']})"))
    return tuple(rows)


def _cut(text: str) -> str:
    """As much as a line of the picture holds."""
    width, found = 0, ""
    for one in printable(text):
        width += 1 if one < "\u2e80" else 2
        if width > _SHORT_NAME:
            return f"{found}…"
        found += one
    return found
