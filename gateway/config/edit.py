"""Changes one value of a YAML text and no other character: comments, order, quotes and line ends stay as they are.

A text is never written anew from its values. Each change is a few characters at a place that the parser gave; then the
whole text is read again, and it must say exactly what was wanted, else the change is refused.
"""

import json
import re
from collections.abc import Mapping as Map
from collections.abc import Sequence as Seq
from typing import TypeAlias

from gateway.config.nodes import Plain, Scalar, plain
from gateway.config.problems import Mark, Report
from gateway.config.spans import Kind, Part, spans
from gateway.config.yamltext import normalised, parse_yaml
from gateway.core.errors import Rejected

Path: TypeAlias = tuple[str | int, ...]
"""Keys and positions from the top: `("devices", 3)`."""

Patch: TypeAlias = Map[str, Plain]
"""Keys to set; mappings are merged, `None` takes a key away (RFC 7396)."""

Change: TypeAlias = tuple[int, int, str]
"""Characters from, to (not included), and what stands there from now on."""

_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+){3}|(?=.*[^\W\d_])[^\W_](?:[\w ./+（）、·-]*[\w）])?")
_WORDS = frozenset({"yes", "no", "on", "off", "y", "n"})  # truth values to other programs (YAML 1.1)
_BREAK = re.compile("\r\n|\r|\n")
_HAND = "change it in the file by hand"


def flow_text(value: Plain) -> str:
    """A value as it stands in a line: `{id: m1, unit: 12}`. Raises Rejected for what no YAML text can hold."""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(key)}: {flow_text(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow_text(inner) for inner in value) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return repr(value)


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS and Scalar(text, Mark("", 1, 1)).value() == text:
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Rejected("a text holds half a character", "type it again") from None
    body = json.dumps(text, ensure_ascii=False)
    return "".join(one if one.isprintable() else _escaped(one) for one in body)


def _escaped(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def patched(text: str, at: Path, patch: Patch) -> str:
    """The text with these keys of the mapping at `at` changed. Raises Rejected where that cannot be done safely."""
    part = _find(_tree(text), at)
    wanted = _values(text)
    inner = wanted
    for step in at:
        inner = inner[step]  # type: ignore[index]
    if not isinstance(inner, dict):
        raise Rejected("this entry is no mapping", _HAND)
    changes: list[Change] = []
    _patch(text, part, _differing(inner, patch), changes)
    merge(inner, patch)
    return _checked(_applied(text, changes), wanted)


def _differing(present: Map[str, Plain], patch: Patch) -> dict[str, Plain]:
    """The part of a patch that says something new: what is there already keeps its quotes."""
    found: dict[str, Plain] = {}
    for key, value in patch.items():
        there = present.get(key)
        if isinstance(there, dict) and isinstance(value, dict):
            found[key] = _differing(there, value)
        elif there != value or type(there) is not type(value):
            found[key] = value
    return found


def appended(text: str, section: str, entry: Plain, after: int | None = None) -> str:
    """The text with one more entry in the list under a top-level key, behind entry `after` (default: the last)."""
    wanted = _values(text) or {}
    assert isinstance(wanted, dict)
    there = wanted.get(section)
    listed = there if isinstance(there, list) else [] if there is None else [there]
    place = len(listed) if after is None else after + 1
    wanted[section] = [*listed[:place], entry, *listed[place:]]
    root = spans(normalised(text))
    found = root.get(section) if root is not None else None
    line = flow_text(entry)
    if root is None or found is None:
        changes = [_new_section(text, root, section, f"- {line}")]
    elif found.kind is Kind.SEQUENCE and found.entries:
        changes = [_behind(text, found, found.entries[place - 1], line)]
    elif found.kind is Kind.SEQUENCE:
        changes = [(found.start + 1, found.start + 1, line)]
    else:
        changes = _as_list(text, root, found, line)
    return _checked(_applied(text, changes), wanted)


def added(text: str, section: str, name: str, value: Plain) -> str:
    """The text with one more name in the mapping under a top-level key."""
    wanted = _values(text) or {}
    assert isinstance(wanted, dict)
    there = wanted.get(section)
    wanted[section] = {**(there if isinstance(there, dict) else {}), name: value}
    root = spans(normalised(text))
    found = root.get(section) if root is not None else None
    if root is not None and found is not None and found.kind is Kind.MAPPING:
        changes: list[Change] = []
        _patch(text, found, {name: value}, changes)
    elif root is not None and found is not None and not root.is_flow:
        changes = [(found.start, found.end, ""), _line_behind(text, found.end, 2, _pair(name, value))]
    else:
        changes = [_new_section(text, root, section, _pair(name, value))]
    return _checked(_applied(text, changes), wanted)


def merge(target: dict[str, Plain], patch: Patch) -> None:
    """Apply a patch to plain values, in place."""
    for key, value in patch.items():
        inner = target.get(key)
        if value is None:
            target.pop(key, None)
        elif isinstance(inner, dict) and isinstance(value, dict):
            merge(inner, value)
        else:
            target[key] = value


def _tree(text: str) -> Part:
    root = spans(normalised(text))
    if root is None:
        raise Rejected("the file cannot be read as YAML", "`park-gateway check` says where")
    return root


def _find(part: Part, at: Path) -> Part:
    for step in at:
        inner = part.get(step) if isinstance(step, str) else part.entries[step]
        if inner is None:
            raise Rejected(f"there is no `{step}`", _HAND)
        part = inner
    return part


def _values(text: str) -> Plain:
    report = Report()
    tree = parse_yaml(text, "", report, lambda _: None)
    if report.problems:
        raise Rejected("the file cannot be read as YAML", "`park-gateway check` says where")
    return None if tree is None else plain(tree)


def _checked(text: str, wanted: Plain) -> str:
    """The text, where it says what is wanted: the last word is the reader's."""
    if _values(text) != wanted:
        raise Rejected("this place of the file cannot be changed safely by the gateway", _HAND)
    return text


def _patch(text: str, part: Part, patch: Patch, changes: list[Change]) -> None:
    """The changes that bring a mapping's keys to what is wanted."""
    if part.kind is not Kind.MAPPING:
        raise Rejected("this entry is no mapping", _HAND)
    gone = {key for key, value in patch.items() if value is None and part.get(key) is not None}
    kept = [pair for pair in part.pairs if pair[0].value not in gone]
    for index, (key, value) in enumerate(part.pairs):
        if key.value in gone:
            changes.append(_removal(text, part, index, gone))
        elif key.value in patch:
            _replace(text, key, value, patch[key.value], changes)
    new = [(key, value) for key, value in patch.items() if value is not None and part.get(key) is None]
    if new and part.is_flow:
        at = kept[-1][1].end if kept else part.start + 1
        listed = ", ".join(_pair(key, value) for key, value in new)
        changes.append((at, at, f", {listed}" if kept else listed))
    elif new:
        at = kept[-1][1].end if kept else normalised(text).rfind("\n", 0, part.start)
        changes += [_line_behind(text, at, part.column, _pair(key, value)) for key, value in new]


def _pair(key: str, value: Plain) -> str:
    return f"{_quoted(key)}: {flow_text(value)}"


def _replace(text: str, key: Part, value: Part, wanted: Plain, changes: list[Change]) -> None:
    if isinstance(wanted, dict) and value.kind is Kind.MAPPING:
        _patch(text, value, wanted, changes)
        return
    _refuse_comments(text, key, value)
    blank = " " if value.is_empty else ""
    if value.kind is Kind.SCALAR or value.is_flow:
        changes.append((value.start, value.end, blank + flow_text(wanted)))
    else:
        colon = normalised(text).find(":", key.end) + 1
        changes.append((colon, value.end, " " + flow_text(wanted)))


def _refuse_comments(text: str, key: Part, value: Part) -> None:
    """A comment inside of what goes would be lost."""
    inside = normalised(text)[key.end : value.end]
    if "\n" in inside and "#" in inside:
        raise Rejected(f"`{key.value}` stands over several lines with a comment inside", _HAND)


def _removal(text: str, part: Part, index: int, gone: set[str]) -> Change:
    key, value = part.pairs[index]
    _refuse_comments(text, key, value)
    shown = normalised(text)
    if not part.is_flow:
        return _line_removal(shown, part, key, value)
    before = [pair for pair in part.pairs[:index] if pair[0].value not in gone]
    start, end = key.start, value.end
    if before:
        start = part.pairs[index - 1][1].end
    elif index + 1 < len(part.pairs):
        end = part.pairs[index + 1][0].start
    if "\n" in shown[start:end]:  # a comment may stand there: only the pair goes, with the comma behind it
        rest = shown[value.end :]
        comma = len(rest) - len(rest.lstrip(" ,")) if rest.lstrip(" ").startswith(",") else 0
        return key.start, value.end + comma, ""
    return start, end, ""


def _line_removal(text: str, part: Part, key: Part, value: Part) -> Change:
    """A pair in a line of its own; a comment behind it stays."""
    begin = text.rfind("\n", 0, key.start) + 1
    if text[begin : key.start].strip():
        raise Rejected(f"`{key.value}` stands behind the dash of its entry", _HAND)
    end = _line_end(text, value.end)
    if text[value.end : end].strip():
        blanks = len(text[value.end : end]) - len(text[value.end : end].lstrip())
        return key.start, value.end + blanks, ""
    return begin, min(end + 1, len(text)), ""


def _line_end(text: str, offset: int) -> int:
    end = text.find("\n", offset)
    return len(text) if end < 0 else end


def _line_behind(text: str, offset: int, indent: int, line: str) -> Change:
    """A new line behind the one that holds this offset."""
    at = _line_end(normalised(text), offset)
    return at, at, f"\n{' ' * indent}{line}"


def _behind(text: str, listed: Part, entry: Part, line: str) -> Change:
    if listed.is_flow:
        return entry.end, entry.end, f", {line}"
    return _line_behind(text, entry.end, listed.column, f"- {line}")


def _as_list(text: str, root: Part, found: Part, line: str) -> list[Change]:
    """A key with nothing behind it, or with the one table of devices, becomes a list."""
    if root.is_flow:
        raise Rejected("this list cannot be extended by the gateway", _HAND)
    shown = normalised(text)
    if found.kind is Kind.SCALAR:
        return [(found.start, found.end, ""), _line_behind(text, found.end, 2, f"- {line}")]
    if not found.is_flow or "\n" in shown[found.start : found.end]:
        raise Rejected("this list stands over several lines without a dash", _HAND)
    colon = shown.rfind(":", 0, found.start) + 1
    return [(colon, found.start, "\n  - "), _line_behind(text, found.end, 2, f"- {line}")]


def _new_section(text: str, root: Part | None, section: str, line: str) -> Change:
    if root is not None and (root.is_flow or root.kind is not Kind.MAPPING):
        raise Rejected(f"`{section}:` cannot be added to this file by the gateway", _HAND)
    end = len(normalised(text))
    begin = "" if not end or normalised(text).endswith("\n") else "\n"
    return end, end, f"{begin}\n{section}:\n  {line}\n"


def _applied(text: str, changes: Seq[Change]) -> str:
    """The text with the changes made. Each of its line ends keeps its form; new lines get the usual one."""
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    ends = _BREAK.findall(text)
    usual = max(set(ends), key=ends.count) if ends else "\n"
    shown = _BREAK.sub("\n", text.removeprefix(mark))
    out: list[str] = []
    number = done = 0
    for start, end, new in sorted(changes, key=lambda change: (change[0], change[1])):
        if start < done:
            raise Rejected("two changes meet in one place", _HAND)
        kept = shown[done:start]
        out += [_with_ends(kept, ends[number:]), new.replace("\n", usual)]
        number += kept.count("\n") + shown[start:end].count("\n")
        done = end
    return mark + "".join([*out, _with_ends(shown[done:], ends[number:])])


def _with_ends(text: str, ends: Seq[str]) -> str:
    lines = text.split("\n")
    return "".join(line + end for line, end in zip(lines, [*ends[: len(lines) - 1], ""], strict=True))
