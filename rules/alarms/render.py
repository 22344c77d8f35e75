"""What people read about an alarm, in two languages: numbers with sensible digits, and templates filled in once.

What is filled in (names of devices, texts that devices send) is untrusted: it stays plain text, on one line, and a
brace in it means nothing.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum

from gateway.core.point import Names, Point, PointKind, Value

DIGITS = 6  # significant ones, at most
MEASURED_DIGITS = 4  # of what was measured: more say nothing to people
_PLAIN_LIMIT = 1e15  # beyond it an exponent reads better
_TINY = 1e-6
_LONGEST = 120  # characters of a text that a device sent
COUNTER_DIGITS = 15  # a counter is read off its display: every digit of it
_PLACE = re.compile(r"\{([^{}]{1,200})\}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")


class Language(StrEnum):
    """The page's languages."""

    EN = "en"
    ZH = "zh"


_NO_VALUE = {Language.EN: "(no value)", Language.ZH: "（无值）"}
_TRUTH = {Language.EN: ("no", "yes"), Language.ZH: ("否", "是")}
_SPANS = {Language.EN: (" d", " h", " min", " s"), Language.ZH: (" 天", " 小时", " 分钟", " 秒")}


def number_text(value: float, digits: int = DIGITS) -> str:
    """At most so many significant digits, no binary residue, no exponent where it can be helped; an integer in full."""
    if isinstance(value, int):
        return str(value)
    size = abs(value)
    if size >= _PLAIN_LIMIT or 0 < size < _TINY:
        return f"{value:.{digits}g}"
    text = f"{Decimal(f'{value:.{digits}g}'):f}"
    return "0" if text == "-0" else text


def measured_text(value: float, beside: float | None = None) -> str:
    """A measured value: four significant digits, and every digit before the point; more where it would read like the
    limit that it stands beside and is not, or as if it were on the other side of it."""
    whole = len(str(int(abs(value)))) if 1 <= abs(value) < _PLAIN_LIMIT else 0
    text = number_text(value, max(MEASURED_DIGITS, whole))
    if beside is None or value == beside:
        return text
    is_alike = text == number_text(beside) or (float(text) > beside) != (value > beside)
    return number_text(value) if is_alike else text


def plain(text: str) -> str:
    """A foreign text on one line, of bounded length."""
    text = _UNPRINTABLE.sub(" ", text).strip()
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def value_text(value: Value | None, point: Point | None, language: Language, beside: float | None = None) -> str:
    """A value as people read it, a state by its word; `beside`: the limit that stands beside it."""
    if value is None:
        return _NO_VALUE[language]
    if point is not None and point.words and not isinstance(value, str):
        word = dict(point.words).get(int(value))
        if word is not None:
            return in_language(word, language)
    if isinstance(value, bool):
        return _TRUTH[language][value]
    if isinstance(value, str):
        return plain(value)
    is_counter = point is not None and point.kind is PointKind.COUNTER
    return number_text(value, COUNTER_DIGITS) if is_counter else measured_text(value, beside)


def in_language(names: Names, language: Language) -> str:
    """The name in this language, in the other where it is missing."""
    return (names.zh or names.en) if language is Language.ZH else (names.en or names.zh)


def fill(template: str, look_up: Callable[[str], str | None]) -> str:
    """The template with its `{places}` filled in; one that nobody knows stays as it is."""

    def found(match: re.Match[str]) -> str:
        text = look_up(match[1].strip())
        return match[0] if text is None else text

    return _PLACE.sub(found, template)


def duration_text(duration_ns: int, language: Language) -> str:
    """`26 min`, `3 h 5 min`, `2 d 4 h`: the two largest parts, whole seconds."""
    seconds = max(0, duration_ns) // 1_000_000_000
    parts = (seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60, seconds % 60)
    first = next((i for i, part in enumerate(parts) if part), 3)
    if first == 2:  # minutes say enough
        return f"{parts[2]}{_SPANS[language][2]}"
    shown = [f"{parts[i]}{_SPANS[language][i]}" for i in (first, first + 1) if i < 4 and (parts[i] or i == first)]
    return " ".join(shown)


def aftermath(worst: float | None, unit: str, duration_ns: int, language: Language) -> str:
    """What is said when an alarm has returned: how bad it was, and how long."""
    lasted = duration_text(duration_ns, language)
    if worst is None:
        return f" (lasted {lasted})" if language is Language.EN else f"（持续 {lasted}）"
    bad = measured_text(worst) + (f" {unit}" if unit else "")
    return f" (was {bad} at worst, {lasted})" if language is Language.EN else f"（最严重 {bad}，持续 {lasted}）"
