"""The Chinese of sentences: what stands between the fixed words is carried over, and what is unknown stays out."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.chinese import chinese, chinese_of, phrasebook
from gateway.chinese.phrasebook import Phrase, Phrasebook, phrases

ROOT = Path(__file__).parents[4]
ALL = list(phrases())
PLACE = re.compile(r"\{\d\}")
ELSEWHERE = ("foreign", "factors", "demo", "keys")  # of other programs, documents, configurations
RAISES = {"Unavailable", "Rejected", "Unknown", "NotAllowed", "NotSignedIn", "Fault", "HTTPException", "problem"}
SPOKEN = (  # what their refusals say is read on pages
    "gateway/api/context.py",
    "gateway/api/routes_*.py",
    "gateway/identity/*.py",
    "gateway/accounts/records/approvals.py",
    "gateway/accounts/records/submitting.py",
    "gateway/accounts/carbon/proposals.py",
    "gateway/pipeline/answers.py",
    "drivers/modbus/report.py",
    "drivers/modbus/tcp.py",
    "drivers/modbus/source.py",
    "drivers/mqtt/client.py",
    "drivers/mqtt/source.py",
    "drivers/influxdb/messages.py",
    "drivers/outbound/*.py",
)


@pytest.mark.parametrize(
    ("english", "said"),
    [
        ("no answer within 1 s", "1 秒内无应答"),
        (
            "no answer within 1 s (2 times) from 10.0.0.5:502, unit 13; 6 of the 6 other units on this line answer",
            "1 秒内无应答（2 次）（10.0.0.5:502，单元号 13）；同线路另外 6 个单元中有 6 个应答",
        ),
        ("no key `a`; no key `b`", "没有密钥 `a`；没有密钥 `b`"),
        ("name: a key needs a name (write what it is for: `Grafana`)", "name：密钥须有名称（请写明用途：`Grafana`）"),
        ("park.yaml:3:1: the device has no points", "park.yaml:3:1：设备没有点位"),
        ("no key `; drop` (what)", "没有密钥 `; drop`（what）"),
    ],
)
def test_a_sentence_is_told_with_what_it_names(english: str, said: str) -> None:
    assert chinese(english) == said


def test_what_nobody_translated_is_left_out() -> None:
    assert chinese("a driver of somebody else failed") == ""
    assert chinese("") == ""
    assert chinese_of(["the line is busy: try again", "who knows"]) == {"the line is busy: try again": "线路忙：请重试"}


def test_a_place_that_is_named_twice_is_the_same_twice() -> None:
    book = Phrasebook([Phrase("from {1} to {1}", "{1}")])
    assert book.chinese("from a to a") == "a"
    assert book.chinese("from a to b") == ""


@given(st.text(max_size=300))
def test_no_text_is_too_strange_to_be_looked_up(text: str) -> None:
    assert isinstance(chinese(text), str)
    assert chinese(f"no key `{text}`") != "" or len(text) > 1_900


class Looks:
    """A pattern that matches nothing and counts how often it is asked."""

    def __init__(self) -> None:
        self.count = 0

    def fullmatch(self, _: str) -> None:
        self.count += 1


@pytest.mark.parametrize(
    ("text", "most"),
    [("a" + " (x)" * 12, 100), ("a" + " (x)" * 140, 100), ("a: " * 190, 200), ("a; b: c (d: e (f; g (h)))" * 20, 200)],
)
def test_a_hostile_text_is_given_up_after_some_steps(monkeypatch: pytest.MonkeyPatch, text: str, most: int) -> None:
    looks = Looks()
    monkeypatch.setattr(Phrase, "pattern", looks)
    assert Phrasebook([Phrase("{1}", "{1}")]).chinese(text) == ""
    assert looks.count <= most


def test_a_sentence_of_many_places_is_not_tried_in_every_division() -> None:
    phrase = next(one for one in ALL if one.english == "{1} from {2}, unit {3}, for {4} {5} to {6}")
    assert phrase.pattern.pattern.count("(?>") == 4
    assert phrase.pattern.fullmatch("none from a:502, unit 1, for 4 registers 0 to 3")


def test_a_text_too_long_for_a_sentence_is_not_kept() -> None:
    kept = phrasebook._known.cache_info().currsize
    assert chinese(f"no key `{'x' * 5_000}`") == ""
    assert phrasebook._known.cache_info().currsize == kept


def test_the_chinese_names_nothing_that_the_english_does_not() -> None:
    assert [one for one in ALL if not set(PLACE.findall(one.chinese)) <= set(PLACE.findall(one.english))] == []


def test_every_sentence_is_found_and_chinese() -> None:
    told = {phrase.english: chinese(PLACE.sub("x1", phrase.english)) for phrase in ALL}
    assert [english for english, said in told.items() if not re.search(r"[\u4e00-\u9fff]", said)] == []


def test_every_sentence_stands_once() -> None:
    english = [phrase.english for phrase in ALL]
    assert sorted({one for one in english if english.count(one) > 1}) == []


def sources() -> Iterator[ast.AST]:
    for folder in ("gateway", "drivers", "rules"):
        for file in (ROOT / folder).rglob("*.py"):
            yield ast.parse(file.read_text(encoding="utf-8"))


def text_of(node: ast.AST) -> str | None:
    """A text of the program; `x1` stands for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "x1" for part in node.values)
    return None


def triples(text: str) -> set[str]:
    text = re.sub(r"[][()]", "", text)
    words = ["x1" if "x1" in word else word for word in PLACE.sub("x1", text).split()]
    return {" ".join(words[at : at + 3]) for at in range(len(words) - 2)}


def test_the_program_still_says_every_sentence() -> None:
    said = {three for tree in sources() for node in ast.walk(tree) for three in triples(text_of(node) or "")}
    for file in (ROOT / "gateway/config/profiles").glob("*.yaml"):
        said |= triples(file.read_text("utf-8").replace("\n#", ""))
    elsewhere = "".join((ROOT / f"gateway/chinese/sentences/{name}.txt").read_text("utf-8") for name in ELSEWHERE)
    fixed = [one.english for one in ALL if one.english not in elsewhere and len(PLACE.sub("", one.english).split()) > 3]
    own = {english: triples(english) for english in fixed}
    assert [english for english, known in own.items() if known and len(known & said) < len(known) / 3] == []


@pytest.mark.parametrize("pattern", SPOKEN)
def test_what_pages_tell_of_a_refusal_is_known_in_chinese(pattern: str) -> None:
    unknown = []
    for file in ROOT.glob(pattern):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in RAISES:
                texts = [text for part in node.args if (text := text_of(part))]
                unknown += [text for text in texts if re.search("[a-z]{2} [a-z]{2}", text) and not chinese(text)]
    assert unknown == []
