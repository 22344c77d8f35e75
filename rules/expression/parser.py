"""Tokens to a parse tree: operator precedence (Pratt). What is not built here cannot be said.

Lowest first: `a if c else b`, or, and, not, comparisons, + and -, * / %, unary - and !.
"""

from collections.abc import Iterator

from rules.expression.lexer import KEYWORDS, Lexer, Place, Token, TokenKind
from rules.expression.names import nearest
from rules.expression.nodes import Call, Chain, Choice, Name, Node, Number, Text, Truth, Unary, depth
from rules.expression.scope import Scope

MAX_NODES = 500
MAX_DEPTH = 50
_RANKS = {
    "or": 1,
    "and": 2,
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), 4),
    **dict.fromkeys(("+", "-"), 5),
    **dict.fromkeys(("*", "/", "%"), 6),
}
_NOT, _TIGHT = 3, 7


def parse(text: str, scope: Scope) -> Node:
    """The tree of a text. Raises ExpressionError."""
    return _Parser(text, scope).whole()


class _Parser:
    def __init__(self, text: str, scope: Scope) -> None:
        self._scope = scope
        self._tokens: Iterator[Token] = Lexer(text, scope.resolve).tokens()
        self._token = next(self._tokens)
        self._nodes = 0
        self._level = 0

    def whole(self) -> Node:
        """The only expression of the text."""
        if self._is_over():
            raise self._token.place.error("there is nothing", "write a condition: `power_active > 800 kW`")
        tree = self._expression()
        if not self._is_over():
            raise self._unexpected("an operator or the end")
        if depth(tree) > MAX_DEPTH:
            raise self._too_deep(tree.place)
        return tree

    # -- operators ----------------------------------------------------------------------------------------------------

    def _expression(self) -> Node:
        yes = self._ranked(1)
        if not self._is("if"):
            return yes
        place = self._advance().place
        condition = self._ranked(1)
        self._expect("else", "write `a if condition else b`")
        return self._count(Choice(place, condition, yes, self._expression()))

    def _ranked(self, rank: int) -> Node:
        """An expression whose operators all bind at least as strongly as `rank`."""
        left = self._operand()
        while (found := self._rank()) >= rank:
            left = self._chain(left, found)
        return left

    def _chain(self, first: Node, rank: int) -> Node:
        """All terms of one rank: one node, so that long sums are not deep."""
        rest: list[tuple[str, Place, Node]] = []
        while self._rank() == rank:
            operator = self._advance()
            rest.append((operator.text, operator.place, self._ranked(rank + 1)))
            self._nodes += 1
        if rank in (1, 2, 4, 5):
            return self._count(Chain(rest[0][1], first, tuple(rest)))
        for term in rest:  # products: from the left, two at a time
            first = Chain(term[1], first, (term,))
        return self._count(first)

    def _rank(self) -> int:
        return _RANKS.get(self._token.text, 0) if self._token.kind is TokenKind.SYMBOL else 0

    # -- operands -----------------------------------------------------------------------------------------------------

    def _operand(self) -> Node:
        self._level += 1
        if self._level > MAX_DEPTH:
            raise self._too_deep(self._token.place)
        try:
            return self._count(self._prefixed())
        finally:
            self._level -= 1

    def _prefixed(self) -> Node:
        token = self._advance()
        if token.kind is TokenKind.NUMBER:
            return Number(token.place, token.number, token.unit, token.unit_place or token.place)
        if token.kind is TokenKind.TEXT:
            return Text(token.place, token.text)
        if token.kind is TokenKind.NAME:
            return self._named(token)
        return self._by_symbol(token)

    def _by_symbol(self, token: Token) -> Node:
        match token.text if token.kind is TokenKind.SYMBOL else None:
            case "true" | "false":
                return Truth(token.place, token.text == "true")
            case "not":
                return Unary(token.place, "not", self._ranked(_NOT))
            case "!":
                return Unary(token.place, "not", self._ranked(_TIGHT))
            case "-":
                return Unary(token.place, "-", self._ranked(_TIGHT))
            case "(":
                inside = self._expression()
                self._expect(")", "a parenthesis is not closed")
                return inside
        raise self._unexpected("a value", token)

    def _named(self, token: Token) -> Node:
        if self._is("(") and not token.is_quoted:
            return self._call(token)
        if token.operand is None:
            hint = _keyword_hint(token.text) or nearest(token.text, self._scope.known())
            raise token.place.error(
                f"no point is called `{token.text}`",
                hint or "write `device.point`, or `point` alone for the rule's own device",
            )
        return Name(token.place, token.operand)

    def _call(self, token: Token) -> Node:
        self._advance()
        arguments: list[Node] = []
        while not self._is(")"):
            arguments.append(self._expression())
            if not self._is(","):
                break
            self._advance()
        self._expect(")", "arguments are separated by commas")
        return Call(token.place, token.text, tuple(arguments))

    # -- tokens -------------------------------------------------------------------------------------------------------

    def _is(self, symbol: str) -> bool:
        return self._token.kind is TokenKind.SYMBOL and self._token.text == symbol

    def _is_over(self) -> bool:
        return self._token.kind is TokenKind.END

    def _advance(self) -> Token:
        token = self._token
        if token.kind is not TokenKind.END:
            self._token = next(self._tokens)
        return token

    def _expect(self, symbol: str, hint: str) -> None:
        if not self._is(symbol):
            raise self._unexpected(f"`{symbol}`", hint=hint)
        self._advance()

    def _unexpected(self, wanted: str, token: Token | None = None, hint: str = "") -> Exception:
        found = token or self._token
        hint = hint or _keyword_hint(found.text)
        text = found.text if found.kind is TokenKind.END else f"`{found.text}`"
        return found.place.error(f"{wanted} is expected here, not {text}", hint)

    def _count(self, node: Node) -> Node:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise node.place.error(f"more than {MAX_NODES} parts", "split it into derived points")
        return node

    def _too_deep(self, place: Place) -> Exception:
        return place.error(f"more than {MAX_DEPTH} levels one in another", "split it into derived points")


def _keyword_hint(text: str) -> str:
    """For `AND`, `True`: keywords are written in small letters."""
    is_shouted = text not in KEYWORDS and text.lower() in KEYWORDS
    return f"did you mean `{text.lower()}`?" if is_shouted else ""
