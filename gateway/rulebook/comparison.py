"""The first outer comparison of an expression, as text: what an alarm shows as its value and its limit."""

from collections.abc import Callable
from dataclasses import dataclass

from rules.expression.errors import ExpressionError
from rules.expression.lexer import Lexer, Token, TokenKind
from rules.expression.scope import Operand

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_BOUNDS = frozenset({"and", "or", "not", "if", "else", ","})


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of an expression, the side with a point on the left."""

    left: str
    operator: str
    right: str
    is_whole: bool  # nothing else stands in the expression


def first_comparison(text: str, resolve: Callable[[str], Operand | None]) -> Comparison | None:
    """The first comparison of an expression that is no argument of a function; `None` where there is none.

    `duration(door == 1) > 3 min` is about the duration.
    """
    try:
        tokens = list(Lexer(text, resolve).tokens())
    except ExpressionError:
        return None
    at = _outer(tokens)
    if at is None:
        return None
    start = at - _length(tokens[:at][::-1], opens=")", closes="(")
    end = at + 1 + _length(tokens[at + 1 :], opens="(", closes=")")
    left, right = _source(text, tokens, start, at), _source(text, tokens, at + 1, end)
    is_whole = start == 0 and tokens[end].kind is TokenKind.END
    if not any(token.operand for token in tokens[start:at]) and any(token.operand for token in tokens[at + 1 : end]):
        return Comparison(right, _FLIPPED[tokens[at].text], left, is_whole)
    return Comparison(left, tokens[at].text, right, is_whole)


def _outer(tokens: list[Token]) -> int | None:
    """Where the first comparison outside of every call stands; parentheses that only group are no calls."""
    calls: list[bool] = []  # of the parentheses that are open: it is a call's
    for i, token in enumerate(tokens):
        if token.kind is not TokenKind.SYMBOL:
            continue
        if token.text == "(":
            calls.append(i > 0 and tokens[i - 1].kind is TokenKind.NAME)
        elif token.text == ")" and calls:
            calls.pop()
        elif token.text in _FLIPPED and not any(calls):
            return i
    return None


def _is(token: Token, symbols: frozenset[str]) -> bool:
    return token.kind is TokenKind.SYMBOL and token.text in symbols


def _length(tokens: list[Token], *, opens: str, closes: str) -> int:
    """How many tokens belong to one side of a comparison, going away from it."""
    depth = 0
    for count, token in enumerate(tokens):
        if token.kind is TokenKind.END or (depth == 0 and _is(token, _BOUNDS | _FLIPPED.keys() | {closes})):
            return count
        if token.kind is TokenKind.SYMBOL:
            depth += (token.text == opens) - (token.text == closes)
    return len(tokens)


def _source(text: str, tokens: list[Token], start: int, end: int) -> str:
    return text[_offset(text, tokens[start]) : _offset(text, tokens[end])].strip()


def _offset(text: str, token: Token) -> int:
    lines = text.split("\n")
    return sum(len(line) + 1 for line in lines[: token.place.line - 1]) + token.place.column - 1
