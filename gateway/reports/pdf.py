"""Sections as a PDF (fpdf2): A4, page numbers, on every page whom and when it is about and the ledger's checkpoint."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any, cast

from fpdf import FPDF
from fpdf.enums import MethodReturnValue, TableBordersLayout, WrapMode, XPos, YPos
from fpdf.fonts import FontFace
from fpdf.util import Padding

from gateway.reports.blocks import Block, Code, Matrix, Pairs, Paragraph, Section, Table
from gateway.reports.data import NS
from gateway.reports.fonts import PACKAGE, Face
from gateway.reports.language import Language

_MARGIN_MM = 15
_FOOT_MM = 16
_BODY_PT, _SMALL_PT, _HEAD_PT, _TITLE_PT = 9, 7.5, 12, 18
_LINE_MM = 4.6
_ROW_MM = 4.0
_SHORT = 200  # characters that are no page in the narrowest column
_MOST_LINES = 25  # of a cell; in bold they are more, and still less than a page
_MATRIX_MM, _QUIET_MM = 62, 5
_GREY, _DARK, _FILL = (110, 110, 110), (20, 50, 60), (238, 243, 244)
_LACKING = "\ufffd"
_BREAK = "\u200b"  # a place where a line may end: between Chinese characters, which have no spaces
_NO_BEGIN = "，。、；：！？）】》」』％"  # never at the beginning of a line
_NO_END = "（【《「『"


@dataclass(frozen=True, slots=True)
class Printed:
    """What is on every page of a document."""

    title: str
    subtitle: str
    head: str
    foot: str
    time_ns: int  # of the document: the same content at the same time is the same bytes
    language: Language
    warning: str = ""


def make_pdf(sections: Sequence[Section], printed: Printed, faces: Sequence[Face], *, compress: bool = True) -> bytes:
    """The bytes."""
    logging.getLogger("fpdf").setLevel(logging.ERROR)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    page = _Page(printed, faces)
    page.set_compression(compress)
    page.begin()
    for section in sections:
        page.section(section)
    return bytes(page.output())


class _Page(FPDF):
    """A document of ours."""

    def __init__(self, printed: Printed, faces: Sequence[Face]) -> None:
        super().__init__(format="A4")
        self._printed = printed
        self._characters = frozenset().union(*(face.characters for face in faces))
        self._lacking = False
        for number, face in enumerate(faces):
            self.add_font(f"face{number}", "", face.regular, collection_font_number=face.number)
            self.add_font(f"face{number}", "B", face.bold, collection_font_number=face.number)
        self.set_fallback_fonts([f"face{number}" for number in range(1, len(faces))], exact_match=False)
        self.set_margins(_MARGIN_MM, _MARGIN_MM + 5, _MARGIN_MM)
        self.set_auto_page_break(True, _FOOT_MM + 6)
        self.set_creation_date(datetime.fromtimestamp(printed.time_ns // NS, UTC))
        self.set_title(printed.title)
        self.set_lang("zh-CN" if printed.language is Language.ZH else "en")
        self.set_producer("park-gateway")
        self.alias_nb_pages()

    def begin(self) -> None:
        """The title."""
        self.add_page()
        self._font(_TITLE_PT, "B", _DARK)
        self._text(self._printed.title, 9)
        self._font(_HEAD_PT - 1, "", _GREY)
        self._text(self._printed.subtitle, 6)
        if self._printed.warning:
            self._font(_BODY_PT, "B", (170, 60, 20))
            self._text(self._printed.warning, _LINE_MM + 1)
        self._font(_BODY_PT)

    def section(self, section: Section) -> None:
        """Title and blocks; a title never stands alone at the foot of a page."""
        if self.will_page_break(30):
            self.add_page()
        self.ln(3)
        self._font(_HEAD_PT, "B", _DARK)
        self.start_section(self._fit(section.title))
        self._text(section.title, 7)
        self.set_draw_color(*_DARK)
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
        self.ln(1.5)
        for block in section.blocks:
            self._block(block)
            self.ln(1.5)

    def header(self) -> None:
        """Whom and when it is about."""
        self.set_y(8)
        self._font(_SMALL_PT, "", _GREY)
        self._text(self._printed.head, 4)
        self.set_y(_MARGIN_MM + 2)
        self._font(_BODY_PT)

    def footer(self) -> None:
        """Checkpoint and page number."""
        self.set_y(-_FOOT_MM)
        self._font(6.5, "", _GREY)
        self._text(self._printed.foot, 3.2)
        self._text(f"{self.page_no()} / {{nb}}", 3.2, align="R")

    def _block(self, block: Block) -> None:
        if isinstance(block, Paragraph):
            self._font(_BODY_PT, "B" if block.is_strong else "")
            if block.is_strong and self.will_page_break(20):
                self.add_page()
            self._text(block.text, _LINE_MM)
        elif isinstance(block, Pairs):
            self._pairs(block)
        elif isinstance(block, Table):
            self._table(block)
        elif isinstance(block, Matrix):
            self._matrix(block)
        else:
            self._code(block)

    def _matrix(self, block: Matrix) -> None:
        """Runs of dark modules as rectangles: sharp at any size."""
        module = _MATRIX_MM / len(block.rows)
        top = self.get_y() + _QUIET_MM
        self.set_fill_color(0)
        for down, row in enumerate(block.rows):
            for right, is_dark in enumerate(row):
                if is_dark:
                    self.rect(self.l_margin + right * module, top + down * module, module, module, style="F")
        self.set_y(top + _MATRIX_MM + _QUIET_MM)

    def _pairs(self, block: Pairs) -> None:
        self._font(_BODY_PT)
        with self.table(**self._shape((3, 9), TableBordersLayout.NONE), first_row_as_headings=False) as rows:
            for name, value in (one for pair in block.rows for one in self._split(pair, (3, 9))):
                row = rows.row()
                row.cell(name, style=FontFace(color=_GREY), align="L")
                row.cell(value, align="L")

    def _table(self, block: Table) -> None:
        self._font(_SMALL_PT)
        widths = tuple(one.width for one in block.columns)
        shape = self._shape(widths, TableBordersLayout.HORIZONTAL_LINES)
        heading = FontFace(emphasis="BOLD", fill_color=_FILL, color=_DARK)
        self.set_draw_color(*_GREY)
        with self.table(**shape, headings_style=heading) as rows:
            head = rows.row()
            for column in block.columns:
                head.cell(self._fit(column.name), align="R" if column.is_number else "L")
            for number, cells in enumerate(block.rows):
                strong = FontFace(emphasis="BOLD") if number in block.strong else None
                for parts in self._split(cells, widths):
                    row = rows.row(style=strong)
                    for column, cell in zip(block.columns, parts, strict=True):
                        row.cell(cell, align="R" if column.is_number else "L")
        self._font(_BODY_PT)

    def _split(self, cells: Sequence[str], widths: Sequence[int]) -> Iterator[list[str]]:
        """A row as rows that each fit on a page: what is too long for one goes on in the next."""
        share = self.epw / sum(widths)
        columns = [self._parts(cell, width * share) for cell, width in zip(cells, widths, strict=True)]
        for parts in zip_longest(*columns, fillvalue=""):
            yield list(parts)

    def _parts(self, text: str, width: float) -> list[str]:
        fitted = self._fit(text)
        if len(text) <= _SHORT and "\n" not in text:
            return [fitted]
        output = MethodReturnValue.LINES
        found = self.multi_cell(width - 2, _ROW_MM, fitted, align="L", dry_run=True, output=output, padding=0)
        lines = cast("list[str]", found)  # that is what LINES gives
        return ["\n".join(lines[at : at + _MOST_LINES]) for at in range(0, len(lines), _MOST_LINES)] or [""]

    def _code(self, block: Code) -> None:
        self._font(_SMALL_PT)
        self.set_fill_color(*_FILL)
        self.multi_cell(
            0, _ROW_MM, self._shown(block.text), fill=True, align="L", wrapmode=WrapMode.CHAR,
            new_x=XPos.LMARGIN, new_y=YPos.NEXT, padding=Padding(1.5, 1.5, 1.5, 1.5),
        )  # fmt: skip

    def _shape(self, widths: tuple[int, ...], borders: TableBordersLayout) -> dict[str, Any]:
        return {
            "col_widths": widths,
            "borders_layout": borders,
            "line_height": _ROW_MM,
            "padding": (0.4, 1),
            "v_align": "TOP",
        }

    def _render_styled_text_line(self, text_line: Any, *args: Any, **named: Any) -> Any:
        """Without the marks of where a line might have ended: who copies or searches text does not expect them."""
        for fragment in text_line.fragments:
            fragment.characters = [one for one in fragment.characters if one != _BREAK]
        return super()._render_styled_text_line(text_line, *args, **named)

    def _text(self, text: str, height: float, align: str = "L") -> None:
        self.multi_cell(0, height, self._fit(text), align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _font(self, size: float, style: str = "", color: tuple[int, int, int] = (0, 0, 0)) -> None:
        self.set_font("face0", style, size)
        self.set_text_color(*color)

    def _shown(self, text: str) -> str:
        """U+FFFD, or a question mark, for what no font has; line ends stay."""
        instead = _LACKING if ord(_LACKING) in self._characters else "?"
        return "".join(one if one == "\n" or ord(one) in self._characters else instead for one in text)

    def _fit(self, text: str) -> str:
        return with_breaks(self._shown(text))


def with_breaks(text: str) -> str:
    """The text with places between Chinese characters where a line may end, as their typography allows."""
    if text.isascii():
        return text
    found = []
    for one, following in zip(text, text[1:] + " ", strict=True):
        found.append(one)
        if (
            (_is_wide(one) or _is_wide(following))
            and following not in _NO_BEGIN
            and one not in _NO_END
            and " " not in (one, following)
        ):
            found.append(_BREAK)
    return "".join(found)


def _is_wide(one: str) -> bool:
    return "\u2e80" <= one <= "\u9fff" or "\uf900" <= one <= "\ufaff" or "\uff00" <= one <= "\uffef"


def lacking(sections: Sequence[Section], faces: Sequence[Face], language: Language) -> str:
    """A sentence where a report has characters that no font shows; else empty."""
    known = frozenset().union(*(face.characters for face in faces))
    if all(ord(one) in known for one in _all_text(sections) if one != "\n"):
        return ""
    return language.say(
        f"Some characters cannot be shown: install the package `{PACKAGE}`.",
        f"部分字符无法显示：请安装字体包 `{PACKAGE}`。",
    )


def _all_text(sections: Sequence[Section]) -> set[str]:
    found: set[str] = set()
    for section in sections:
        for block in section.blocks:
            if isinstance(block, Paragraph | Code):
                found |= set(block.text)
            elif isinstance(block, Pairs | Table):
                found |= {one for row in block.rows for cell in row for one in cell}
    return found
