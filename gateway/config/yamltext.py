"""YAML text to nodes: PyYAML's C parser for the events, everything else ours.

The tree is built from events on a stack of its own, so that neither deep nesting nor a self-containing alias can hurt.
Anchors, aliases and merge keys are refused: profiles are the one way to say a thing once.
"""

import re
from collections.abc import Callable

import yaml

from gateway.config.nodes import Mapping, Node, Scalar, Sequence
from gateway.config.problems import WIDE_COLON, Mark, Report

_MAX_DEPTH = 50
_BOM = "\ufeff"
_BREAKS = re.compile("\r\n?")
_WIDE_KEY = re.compile(r"[\s{,-]*[\w.-]+：")
_ODD_BREAKS = re.compile("[\x85\u2028\u2029]")


class _Refused(Exception):
    """Reading stops here; the problem has been noted."""


class _Builder:
    """Builds the tree of one file from parser events."""

    def __init__(self, file: str, report: Report, expand: Callable[[Scalar], None]) -> None:
        self.root: Node | None = None
        self.last = Mark(file, 1, 1)
        self._file = file
        self._report = report
        self._expand = expand
        self._open: list[Mapping | Sequence] = []
        self._keys: list[Scalar | None] = []  # per open node: the key that waits for its value

    def feed(self, event: yaml.Event) -> None:
        """Take one event in. Raises _Refused after noting why."""
        start = event.start_mark
        assert start is not None
        mark = self.last = Mark(self._file, start.line + 1, start.column + 1)
        if isinstance(event, yaml.ScalarEvent):
            self._refuse_extras(event, mark)
            self._add(Scalar(event.value, mark, not event.implicit[0]))
        elif isinstance(event, yaml.CollectionStartEvent):
            self._refuse_extras(event, mark)
            self._start(Mapping(mark) if isinstance(event, yaml.MappingStartEvent) else Sequence(mark))
        elif isinstance(event, yaml.CollectionEndEvent):
            self._open.pop()
            self._keys.pop()
        elif isinstance(event, yaml.AliasEvent):
            self._refuse(mark, f"alias `*{event.anchor}` is not supported", "say it once in a profile")
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            self._refuse(mark, "a second document begins here", "remove the `---` or use `include:`")

    def _refuse(self, mark: Mark, message: str, hint: str = "") -> None:
        self._report.error(mark, message, hint)
        raise _Refused

    def _refuse_extras(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, mark: Mark) -> None:
        if event.anchor is not None:
            self._refuse(mark, f"anchor `&{event.anchor}` is not supported", "say it once in a profile")
        if event.tag is not None and event.tag != "!":
            self._refuse(mark, f"tag `{event.tag}` is not supported", "remove it")

    def _start(self, node: Mapping | Sequence) -> None:
        if len(self._open) >= _MAX_DEPTH:
            self._refuse(node.mark, f"nested deeper than {_MAX_DEPTH} levels")
        self._add(node)
        self._open.append(node)
        self._keys.append(None)

    def _add(self, node: Node) -> None:
        parent = self._open[-1] if self._open else None
        if isinstance(parent, Mapping):
            key = self._keys[-1]
            if key is None:
                self._keys[-1] = self._key(node)
                return
            self._keys[-1] = None
            if isinstance(node, Scalar) and not node.text:
                node.mark = key.mark  # the parser puts an empty value where the next thing begins
            if key.text not in parent.items:
                parent.put(key.text, node, key.mark)
        elif isinstance(parent, Sequence):
            parent.entries.append(node)
        else:
            self.root = node
        if isinstance(node, Scalar) and "${" in node.text:
            self._expand(node)

    def _key(self, node: Node) -> Scalar:
        if not isinstance(node, Scalar):
            self._refuse(node.mark, "a key must be plain text", "quote a text that begins with `{` or `[`")
        assert isinstance(node, Scalar)
        parent = self._open[-1]
        if isinstance(parent, Mapping) and node.text in parent.keys:
            first = parent.keys[node.text]
            self._report.error(node.mark, f"key `{node.shown}` stands here a second time", f"first: line {first.line}")
        return node


def normalised(text: str) -> str:
    """The text with the lines that editors show: YAML would also break at three characters that nobody sees."""
    return _ODD_BREAKS.sub(" ", _BREAKS.sub("\n", text.removeprefix(_BOM)))


def parse_yaml(text: str, file: str, report: Report, expand: Callable[[Scalar], None]) -> Node | None:
    """The tree of a YAML text, `None` where it is empty or cannot be read; problems go to `report`.

    `expand` is called for every value that contains `${`.
    """
    text = normalised(text)
    builder = _Builder(file, report, expand)
    feed = builder.feed
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            feed(event)
    except _Refused:
        return None
    except yaml.reader.ReaderError as error:
        report.error(builder.last, f"a character that no text file has: {error.reason}", "remove it, or save as UTF-8")
        return None
    except yaml.MarkedYAMLError as error:
        _note(error, text, builder.last, report)
        return None
    return builder.root


def _note(error: yaml.MarkedYAMLError, text: str, last: Mark, report: Report) -> None:
    mark = error.problem_mark or error.context_mark
    if mark is None:
        report.error(last, f"not readable as YAML: {error.problem}")
        return
    lines = text.split("\n")
    row = min(mark.line, len(lines) - (2 if len(lines) > 1 and not lines[-1] else 1))  # at the end: the last line
    line = lines[row]
    place = Mark(last.file, row + 1, min(mark.column, len(line)) + 1 if row == mark.line else len(line) + 1)
    if "\t" in line[: mark.column + 1]:
        report.error(place, "a tab stands where YAML wants spaces", "indent with spaces")
    else:
        wide = _wide_colon(lines, row)
        if wide is not None:
            place = Mark(last.file, *wide)
        hint = _hint(str(error.problem), line) if wide is None else WIDE_COLON
        report.error(place, f"not readable as YAML: {error.problem or error.context}", hint)


def _wide_colon(lines: list[str], row: int) -> tuple[int, int] | None:
    """Line and column of a full-width colon behind a key, in this line or the one with text before it."""
    before = [i for i in range(row) if lines[i].strip() and not lines[i].lstrip().startswith("#")]
    found = [(i + 1, match.end()) for i in (row, *before[-1:]) if (match := _WIDE_KEY.match(lines[i]))]
    return found[0] if found else None


def _hint(problem: str, line: str) -> str:
    if "${" in line:
        return "inside `{...}` and `[...]` quote it: `'${NAME}'`"
    if "mapping values are not allowed" in problem:
        return "a text with `: ` in it needs quotes; or the line is indented too far"
    if "could not find expected ':'" in problem:
        return "a `:` with a space after it is missing"
    if "cannot start any token" in problem:
        return "quote a text that begins with `@`, backquote or `%`"
    return "look at the indentation and at quotes of this line and the one before"
