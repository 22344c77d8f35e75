"""Text to tokens, each with its line and column.

Device ids may hold `-` and begin with a digit, so a run of name characters is first looked up as a whole; a subtraction
of names therefore needs blanks. A number takes the unit that follows it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from rules.expression.errors import ExpressionError
from rules.expression.scope import Operand
from rules.expression.units import spellings

MAX_CHARACTERS = 4096
MAX_INTEGER = 2**63
KEYWORDS = frozenset({"and", "or", "not", "if", "else", "true", "false"})
_ALIASES = {"&&": "and", "||": "or"}

_BLANK = re.compile(r"\s*")
_RUN = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_TAG_LIKE = re.compile(r".*\.[A-Za-z_]")
_WORD = re.compile(r"[^\W\d][\w²³°µ]*|[°µΩ‰][\w²³]*")
_UNIT = re.compile("(?:" + "|".join(re.escape(text) for text in spellings() if text != "%") + r")(?![\w²³]|\s*\()")
_QUOTED = re.compile(r"`([^`\n]*)`")
_TEXT = re.compile(r"\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'")
_OPERATOR = re.compile(r"&&|\|\||==|!=|<=|>=|\*\*|//|<>|[-+*/%<>()!,]")
_BEGINS_OPERAND = re.compile(r"\s*(?!(?:and|or|not|if|else)\b)[A-Za-z0-9_(`\"'°]")
_INSTEAD = {
    "=": "for a comparison write `==`",
    "&": "write `and`",
    "|": "write `or`",
    "^": "there are no powers: write a product",
    "?": "write `a if condition else b`",
    ":": "write `a if condition else b`",
    "≥": "write `>=`",
    "≤": "write `<=`",
    "≠": "write `!=`",
    "×": "write `*`",
    "÷": "write `/`",
    "−": "write the minus of the keyboard: `-`",
    ".": "write `0.5`, not `.5`",
    "#": "comments stand outside of the expression",
    "[": "a window is an argument: `avg(x, 5 min)`",
    "**": "there are no powers: write a product",
    "//": "write `/`",
    "<>": "write `!=`",
}


class TokenKind(StrEnum):
    """What a token is."""

    NUMBER = "number"
    TEXT = "text"
    NAME = "name"
    SYMBOL = "symbol"  # operators, parentheses and keywords
    END = "end"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands, counted from 1."""

    line: int
    column: int

    def error(self, message: str, hint: str = "") -> ExpressionError:
        """An error at this place."""
        return ExpressionError(message, hint, self.line, self.column)


@dataclass(frozen=True, slots=True)
class Token:
    """One token. `text` is the symbol, the name or the text itself; `unit` belongs to a number."""

    kind: TokenKind
    text: str
    place: Place
    number: float = 0
    unit: str | None = None
    unit_place: Place | None = None
    operand: Operand | None = None
    is_quoted: bool = False


class Lexer:
    """Reads one text. `resolve` says which names are points."""

    def __init__(self, text: str, resolve: Callable[[str], Operand | None]) -> None:
        if len(text) > MAX_CHARACTERS or len(text.encode("utf-8", "replace")) > MAX_CHARACTERS:
            raise ExpressionError(f"longer than {MAX_CHARACTERS} bytes", "split it into derived points")
        self._text = text
        self._resolve = resolve
        self._at = 0

    def tokens(self) -> Iterator[Token]:
        """All tokens, the last of kind END. Raises ExpressionError."""
        while True:
            self._skip_blanks()
            if self._at == len(self._text):
                yield Token(TokenKind.END, "end of the text", self._place())
                return
            yield self._next()

    def _next(self) -> Token:
        character = self._text[self._at]
        if character == "`":
            return self._quoted_name()
        if character in "\"'":
            return self._string()
        if run := _RUN.match(self._text, self._at):
            return self._name_or_number(run.group())
        return self._symbol()

    # -- names and numbers --------------------------------------------------------------------------------------------

    def _name_or_number(self, run: str) -> Token:
        is_number = run[0].isdigit() and _NUMBER.fullmatch(run) is not None
        operand = None if is_number or run in KEYWORDS else self._resolve(run)
        if operand is None and run[0].isdigit() and not _TAG_LIKE.match(run):
            return self._number()
        place = self._place()
        if operand is None:
            self._refuse_glued(run, place)
        self._at += len(run)
        if run in KEYWORDS:
            return Token(TokenKind.SYMBOL, run, place)
        return Token(TokenKind.NAME, run, place, operand=operand)

    def _refuse_glued(self, run: str, place: Place) -> None:
        """A name and a minus without blanks between them."""
        for cut in (at for at in range(len(run) - 1, 0, -1) if run[at] == "-"):
            if self._resolve(run[:cut]) is not None:
                split = f"`{run[:cut]} - {run[cut + 1 :]}`"
                raise place.error(f"no point is called `{run}`", f"put blanks around a minus between names: {split}")

    def _quoted_name(self) -> Token:
        place, name = self._place(), self._quoted()
        return Token(TokenKind.NAME, name, place, operand=self._resolve(name), is_quoted=True)

    def _quoted(self) -> str:
        found = _QUOTED.match(self._text, self._at)
        if found is None or not found.group(1):
            raise self._place().error("a backquote without its end", "a quoted name stands between two: `name`")
        self._at = found.end()
        return found.group(1)

    def _number(self) -> Token:
        place = self._place()
        found = _NUMBER.match(self._text, self._at)
        if found is None:  # a digit that is not one of ASCII's
            raise place.error(f"`{self._text[self._at]}` is not understood here", "write digits 0 to 9")
        self._at = found.end()
        digits = found.group()
        number = int(digits) if digits.isdigit() else float(digits)
        if not -MAX_INTEGER <= number <= MAX_INTEGER and (isinstance(number, int) or number == float("inf")):
            raise place.error(f"the number {digits[:20]}... is too large", "whole numbers go to 2^63")
        if self._text[self._at : self._at + 1] in (".", "_"):
            raise place.error("a number that is not complete", "write it like 1500 or 0.5")
        start = self._at
        self._skip_blanks()
        unit_place = self._place()
        return Token(TokenKind.NUMBER, digits, place, number, self._unit(start), unit_place)

    def _unit(self, start: int) -> str | None:
        """The unit behind a number that ended at `start`; also one that is not known: the check says so."""
        if self._text[self._at : self._at + 1] == "`":
            return self._quoted()
        found = _UNIT.match(self._text, self._at)
        if (
            found is None
            and self._text[self._at : self._at + 1] == "%"
            and not _BEGINS_OPERAND.match(self._text, self._at + 1)
        ):
            self._at += 1
            return "%"
        found = found or _WORD.match(self._text, self._at)
        if found is None or found.group().lower() in KEYWORDS:
            self._at = start
            return None
        self._at = found.end()
        return found.group()

    # -- the rest -----------------------------------------------------------------------------------------------------

    def _string(self) -> Token:
        place = self._place()
        found = _TEXT.match(self._text, self._at)
        if found is None:
            raise place.error("a text without its closing quote", 'a text stands between quotes on one line: "running"')
        self._at = found.end()
        inside = found.group(1) if found.group(1) is not None else found.group(2)
        return Token(TokenKind.TEXT, re.sub(r"\\(.)", r"\1", inside), place)

    def _symbol(self) -> Token:
        place = self._place()
        found = _OPERATOR.match(self._text, self._at)
        text = found.group() if found else self._text[self._at]
        if found is None or text in _INSTEAD:
            raise place.error(f"`{text}` is not understood here", _INSTEAD.get(text) or _hint_of_width(text))
        self._at = found.end()
        return Token(TokenKind.SYMBOL, _ALIASES.get(text, text), place)

    def _skip_blanks(self) -> None:
        found = _BLANK.match(self._text, self._at)
        self._at = found.end() if found else self._at

    def _place(self) -> Place:
        before = self._text[: self._at]
        return Place(before.count("\n") + 1, self._at - before.rfind("\n"))


def _hint_of_width(character: str) -> str:
    """Input methods for Chinese give full-width signs."""
    if "！" <= character <= "～" or character in "，。（）“”‘’":
        return "switch the input method: signs are half-width, ( ) , > < \" '"
    return "names that hold other signs stand between backquotes"
