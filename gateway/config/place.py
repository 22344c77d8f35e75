"""Where a character of a text stands in the file that the text was read from: quotes, escapes, folded lines."""

from bisect import bisect_right
from pathlib import Path

import yaml

from gateway.config.problems import Mark
from gateway.config.yamltext import normalised

_DIGITS = {"x": 2, "u": 4, "U": 8}  # of \x, \u, \U in a double-quoted text
_BLANKS = frozenset("tnvfr N_LP\n\t")  # after a backslash they stand for a blank, a break or nothing


class Places:
    """Finds places in files that have been read before; each file is read once more, when something is wrong in it."""

    def __init__(self) -> None:
        self._files: dict[str, _File | None] = {}

    def of(self, mark: Mark, text: str, line: int, column: int) -> Mark:
        """The place of a line and column (from 1) of `text`, which stands at `mark`; `mark` where it cannot be told."""
        if mark.file not in self._files:
            self._files[mark.file] = _read(Path(mark.file))
        file = self._files[mark.file]
        lines = text.split("\n")
        if file is None or line > len(lines):
            return mark
        offset = sum(len(one) + 1 for one in lines[: line - 1]) + column - 1
        return file.place(mark, text, offset)


class _File:
    """One YAML file: where its scalars begin and end, and how they are quoted."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0]
        for line in text.split("\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._scalars: dict[tuple[int, int], yaml.ScalarEvent] = {}
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if isinstance(event, yaml.ScalarEvent) and event.start_mark is not None:
                self._scalars[event.start_mark.line + 1, event.start_mark.column + 1] = event

    def place(self, mark: Mark, text: str, offset: int) -> Mark:
        event = self._scalars.get((mark.line, mark.column))
        if event is None or event.value != text or event.start_mark is None or event.end_mark is None:
            return mark  # `${NAME}` was replaced in it, or the file has changed
        begin = self._starts[event.start_mark.line] + event.start_mark.column
        end = self._starts[event.end_mark.line] + event.end_mark.column
        at = _walk(self._text[begin:end], event, text, min(offset, len(text)))
        line = bisect_right(self._starts, begin + at) - 1
        return Mark(mark.file, line + 1, begin + at - self._starts[line] + 1)


def _read(path: Path) -> _File | None:
    try:
        return _File(normalised(path.read_text(encoding="utf-8-sig")))
    except (OSError, ValueError, yaml.YAMLError):
        return None


def _walk(source: str, event: yaml.ScalarEvent, text: str, offset: int) -> int:
    """The position in the source of a scalar that stands for this position of its text.

    Blanks and breaks come and go with quotes, indentation and folding; all other characters keep their order.
    """
    wanted = sum(not character.isspace() for character in text[:offset])
    at = source.find("\n") + 1 if event.style in ("|", ">") else int(event.style in ("'", '"'))
    end = 0
    while at < len(source):
        width, is_visible = _character(source, at, event.style)
        if is_visible and wanted == 0:
            break
        if is_visible:
            wanted -= 1
            end = at + width
        at += width
    return end if offset == len(text) else at


def _character(source: str, at: int, style: str | None) -> tuple[int, bool]:
    """How many characters of the source make the next one of the text, and whether that is more than a blank."""
    if style == "'" and source[at : at + 2] == "''":
        return 2, True
    if style != '"' or source[at] != "\\":
        return 1, not source[at].isspace()
    kind = source[at + 1 : at + 2]
    if kind in _DIGITS:
        digits = source[at + 2 : at + 2 + _DIGITS[kind]]
        return 2 + _DIGITS[kind], not chr(int(digits, 16)).isspace()
    return 2, kind not in _BLANKS
