"""What the guides of people print in italics is what the page says, to the letter: renamed buttons are found."""

import calendar
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.unit.documents.markdown import GUIDES, ROOT, name_of, prose, read

OF_PEOPLE = [GUIDES / f"{name}.md" for name in ("operator", "enterprise", "auditor", "integrator", "add-a-device")]
ITALIC = re.compile(r"(?<![\w*])\*([^*]+)\*(?![\w*])")
LITERAL = re.compile(r"[A-Za-z]{2}(?![^{]*\})")  # not only `{name} {n}`
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')


@cache
def said() -> list[re.Pattern[str]]:
    """Every text of the page in English, and the names of the shipped rules; `{n}` stands for anything."""
    files = [*(ROOT / "gateway/web/js/words").glob("*en.js")]
    texts = [json.loads(text) for file in files for text in STRING.findall(read(file))]
    for file in (ROOT / "gateway/rulebook").rglob("*.yaml"):
        texts += re.findall(r"en: ([^,}\n]+)", read(file))
    texts += re.findall(r'"([^"\n]+)"', read(ROOT / "rules/connectivity/sentence.py"))
    texts += [*calendar.month_name[1:]]
    sentences = {part for text in texts for part in sentences_of(text.replace("\u00a0", " ").removesuffix(" ({n})"))}
    return [re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(one))) for one in sentences if LITERAL.search(one)]


def sentences_of(text: str) -> Iterator[str]:
    """The sentences of a text without their ends."""
    return (part.strip(" .") for part in re.split(r"(?<=\.)\s|: ", text) if part.strip(" ."))


def quoted(path: Path) -> Iterator[str]:
    """What stands in italics; `*Gateway > Users*` is two of the page's words."""
    for text in ITALIC.findall(prose(read(path)).replace("**", "")):
        for part in " ".join(text.split()).split(" > "):
            yield from sentences_of(part)


def is_said(words: str) -> bool:
    """True where the page says it; buttons that go back have an arrow."""
    return any(one.fullmatch(words.strip(" ‹")) for one in said())


@pytest.mark.parametrize("path", OF_PEOPLE, ids=name_of)
def test_what_a_guide_quotes_is_what_the_page_says(path: Path) -> None:
    assert [words for words in quoted(path) if not is_said(words)] == []


def test_words_that_the_page_does_not_say_are_found() -> None:
    assert is_said("Add an account")
    assert not is_said("Add an accountant")
