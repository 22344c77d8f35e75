"""The Chinese of an English sentence, found by its fixed words; what stands between them is carried over."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

_PLACE = re.compile(r"\{(\d)\}")
_FIRST_WORD = re.compile(r"[^\s{}]+(?=\s|$)")
_FIELD = re.compile(r"([\w.:/-]{1,200}): (.+)", re.DOTALL)
_BRACKET = re.compile(r" \((?=.)")
_DEPTH = 4  # a sentence within a sentence within ...
_LONGEST = 600  # characters; beyond them it is no sentence
_STEPS = 200  # looks into the book for one text; whoever wrote it may want more
_BRACKETS = 3  # where a hint may begin, counted from the end
_FREE_PLACES = 3  # a sentence with more ends each place between its first and last at the first chance

_ByWord = defaultdict[str, list[tuple[re.Pattern[str], str]]]


@dataclass(frozen=True, slots=True)
class Phrase:
    """An English sentence with places `{1}` and its Chinese with the same."""

    english: str
    chinese: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """What matches the English sentence; a place that is named twice is the same text twice."""
        parts = _PLACE.split(self.english)
        known: set[str] = set()
        out = [re.escape(parts[0])]
        places = list(zip(parts[1::2], parts[2::2], strict=True))
        for at, (place, literal) in enumerate(places, 1):
            part = f"(?P=p{place})" if place in known else f"(?P<p{place}>.*?)"
            is_bound = len(places) > _FREE_PLACES and 1 < at < len(places)
            out.append(f"(?>{part}{re.escape(literal)})" if is_bound else part + re.escape(literal))
            known.add(place)
        return re.compile("".join(out), re.DOTALL)


class Phrasebook:
    """All sentences, by their first words."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._by_word: _ByWord = defaultdict(list)
        for phrase in sorted(phrases, key=lambda one: -len(_PLACE.sub("", one.english))):
            first = _FIRST_WORD.match(phrase.english)
            self._by_word[first[0] if first else ""].append((phrase.pattern, phrase.chinese))

    def chinese(self, text: str) -> str:
        """Its Chinese; empty where it is not known."""
        return _Reading(self._by_word).chinese(text) if len(text) <= _LONGEST else ""


class _Reading:
    """One text, read in a bounded number of steps: it may come from anybody."""

    def __init__(self, by_word: _ByWord) -> None:
        self._by_word = by_word
        self._steps = _STEPS

    def chinese(self, text: str, depth: int = 0) -> str:
        """Its Chinese; empty where it is not known."""
        if depth > _DEPTH or not text:
            return ""
        return (
            self._clauses(text, depth)
            or self._whole(text, depth)
            or self._with_hint(text, depth)
            or self._with_field(text, depth)
        )

    def _without_hint(self, text: str, depth: int) -> str:
        if depth > _DEPTH:
            return ""
        return self._clauses(text, depth) or self._whole(text, depth) or self._with_field(text, depth)

    def _whole(self, text: str, depth: int) -> str:
        if not self._steps:
            return ""
        self._steps -= 1
        for key in (text.split(maxsplit=1)[0] if text.strip() else "", ""):
            for pattern, chinese in self._by_word.get(key, ()):
                if match := pattern.fullmatch(text):
                    return self._filled(chinese, match, depth)
        return ""

    def _filled(self, chinese: str, match: re.Match[str], depth: int) -> str:
        def part(place: re.Match[str]) -> str:
            text = match[f"p{place[1]}"]
            return self.chinese(text, depth + 1) or text

        return _PLACE.sub(part, chinese)

    def _clauses(self, text: str, depth: int) -> str:
        """Of clauses that are all known, joined by semicolons."""
        first, semicolon, rest = text.partition("; ")
        if not semicolon:
            return ""
        one, more = self.chinese(first, depth + 1), self.chinese(rest, depth + 1)
        return f"{one}；{more}" if one and more else ""

    def _with_hint(self, text: str, depth: int) -> str:
        """Of a sentence with a hint in parentheses behind it."""
        if not text.endswith(")"):
            return ""
        for bracket in list(_BRACKET.finditer(text))[-_BRACKETS:]:
            said = self._without_hint(text[: bracket.start()], depth + 1)
            hint = text[bracket.end() : -1]
            if said:
                return f"{said}（{self.chinese(hint, depth + 1) or hint}）"
        return ""

    def _with_field(self, text: str, depth: int) -> str:
        """Of a sentence behind the field or the place that it is about."""
        field = _FIELD.fullmatch(text)
        said = self.chinese(field[2], depth + 1) if field else ""
        return f"{field[1]}：{said}" if field and said else ""


def phrases() -> Iterator[Phrase]:
    """Every sentence of the files: English at the margin, its Chinese under it, indented."""
    for file in sorted(resources.files("gateway.chinese").joinpath("sentences").iterdir(), key=lambda one: one.name):
        english = ""
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith("  "):
                yield Phrase(english, line.strip())
            else:
                english = line


_BOOK = Phrasebook(phrases())


_known = lru_cache(maxsize=1_000)(_BOOK.chinese)


def chinese(text: str) -> str:
    """The Chinese of a sentence that the gateway says; empty where none is known."""
    return _known(text) if len(text) <= _LONGEST else ""


def chinese_of(texts: Iterable[str]) -> dict[str, str]:
    """The Chinese of these sentences, by the English ones; those that are not known are left out."""
    return {text: said for text in texts if (said := chinese(text))}
