"""The font of printed reports: a configured one, else Noto Sans CJK, else for English alone DejaVu Sans."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.core.errors import Unavailable
from gateway.reports.language import Language

VARIABLE = "PARK_GATEWAY_REPORT_FONT"
PACKAGE = "fonts-noto-cjk"
_NOTO = (  # Debian's package, Fedora's and Arch's
    Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc"),
    Path("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc"),
)
_DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
_SAMPLE = {Language.EN: "aZ0%≥–•", Language.ZH: "aZ0%核算主体边界排放因子账本"}
_ENDINGS = (".ttf", ".otf", ".ttc", ".otc")


@dataclass(frozen=True, slots=True)
class Face:
    """A font file, and which of its fonts, with the characters that it has."""

    regular: Path
    bold: Path
    number: int
    characters: frozenset[int]

    def has(self, text: str) -> bool:
        """True where every character can be shown."""
        return all(ord(one) in self.characters for one in text)


def faces(language: Language, configured: Path | None = None, environ: Mapping[str, str] = os.environ) -> list[Face]:
    """The first is the report's, the others show what it lacks. Raises Unavailable where no font has the glyphs."""
    named = configured or (Path(environ[VARIABLE]) if environ.get(VARIABLE) else None)
    if named is not None:
        first = _face(named)
        if not first.has(_SAMPLE[language]):
            raise Unavailable(f"the font {named} lacks glyphs that a report in `{language.value}` needs", _hint())
        return [first, *_present((*_NOTO, _DEJAVU), but=named)]
    found = [one for one in _present((*_NOTO, _DEJAVU)) if one.has(_SAMPLE[language])]
    if not found:
        raise Unavailable(f"no font for a PDF in `{language.value}` is installed", _hint())
    return found + [one for one in _present((_DEJAVU,)) if one not in found]


def _present(places: tuple[Path, ...], but: Path | None = None) -> list[Face]:
    return [_face(place) for place in places if place.is_file() and place != but]


def _face(path: Path) -> Face:
    """Raises Unavailable for a file that is no font."""
    from fontTools.ttLib import TTCollection, TTFont, TTLibError  # type: ignore[import-untyped]

    if path.suffix.lower() not in _ENDINGS or not path.is_file():
        raise Unavailable(f"{path} is no font file", f"{_hint()}; endings: {', '.join(_ENDINGS)}")
    try:
        with path.open("rb") as file:
            number = 0
            if path.suffix.lower() in (".ttc", ".otc"):
                named = [str(one["name"].getDebugName(4) or "") for one in TTCollection(file, lazy=True).fonts]
                number = next((place for place, name in enumerate(named) if " SC" in name), 0)
            characters = frozenset(TTFont(file, fontNumber=number, lazy=True).getBestCmap() or {})
    except (TTLibError, OSError, KeyError, ValueError, AssertionError) as error:
        raise Unavailable(f"the font {path} cannot be read: {error}", _hint()) from error
    bold = path.with_name(path.name.replace("-Regular", "-Bold").replace("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"))
    return Face(path, bold if bold.is_file() else path, number, characters)


def _hint() -> str:
    return f"install the package `{PACKAGE}` (apt-get install {PACKAGE}), or name a font: --font FILE, {VARIABLE}"
