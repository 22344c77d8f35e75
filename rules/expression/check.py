"""The static check of types, units and functions: a parse tree becomes a checked tree, or an error that helps."""

from collections.abc import Sequence

from gateway.core.point import ValueType
from rules.expression import nodes
from rules.expression.calls import Calls
from rules.expression.fold import folded
from rules.expression.handmade import HandmadeConversion
from rules.expression.lexer import Place
from rules.expression.names import nearest
from rules.expression.products import product
from rules.expression.quantities import aligned, amount, converted, same_unit
from rules.expression.result import ResultType
from rules.expression.scope import Operand
from rules.expression.typed import (
    Chosen,
    Compared,
    Constant,
    Input,
    Inverted,
    Joined,
    Kind,
    Negated,
    Ordered,
    Read,
    Sum,
    Typed,
)
from rules.expression.units import is_known, nearest_unit, per_second, unit_of
from rules.expression.wording import without_factors, wording

BOOLEAN = Kind(ResultType.BOOLEAN)
TEXT = Kind(ResultType.TEXT)
_TYPES = {ValueType.BOOL: ResultType.BOOLEAN, ValueType.TEXT: ResultType.TEXT}
_SAYS = {ResultType.BOOLEAN: "true or false", ResultType.NUMBER: "a number", ResultType.TEXT: "a text"}
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


class Checker:
    """Checks one expression. `inputs` are its points, each once, in the order of their appearance."""

    def __init__(self, tree: nodes.Node, zone: str = "UTC") -> None:
        self.inputs: tuple[Operand, ...] = tuple({op.tag: op for op in _operands(tree)}.values())
        self._slots = {operand.tag: slot for slot, operand in enumerate(self.inputs)}
        units = [unit for operand in self.inputs if (unit := unit_of(operand.unit)) is not None]
        self._texts = {dimension for unit in units for dimension in (unit.dimension, per_second(unit).dimension)}
        self._calls = Calls(self.check, self.inputs, zone)

    def check(self, node: nodes.Node) -> Typed:
        """The checked tree of a node. Raises ExpressionError."""
        checked = self._checked(node)
        result = folded(checked)
        if result is None:
            raise node.place.error("this can never be decided", "is something divided by zero?")
        return result

    def wanted(self, node: nodes.Node, wants: ResultType | None, unit: str | None) -> Typed:
        """The checked tree of the whole, of the type and in the unit that are wanted."""
        typed = self.check(node)
        if wants is not None and typed.kind.type is not wants:
            raise node.place.error(
                f"this gives {_SAYS[typed.kind.type]}, {_SAYS[wants]} is wanted",
                _hint_to_become(wants, typed.kind.type),
            )
        target = unit_of(unit or "")
        return (
            typed
            if target is None
            else converted(self._expect(typed, node.place, ResultType.NUMBER), target, node.place)
        )

    def _checked(self, node: nodes.Node) -> Typed:
        match node:
            case nodes.Number():
                return self._number(node)
            case nodes.Text():
                return Constant(TEXT, node.value)
            case nodes.Truth():
                return Constant(BOOLEAN, node.value)
            case nodes.Name():
                return self._input(node.operand)
            case nodes.Unary():
                return self._unary(node)
            case nodes.Choice():
                return self._choice(node)
            case nodes.Call():
                return self._calls.checked(node)
            case nodes.Chain():
                return self._chain(node)

    def _number(self, node: nodes.Number) -> Typed:
        unit = unit_of(node.unit or "")
        if unit is not None and not is_known(unit.text) and unit.dimension not in self._texts:
            hint = nearest_unit(unit.text) or "an operator is missing, or the point's own unit is another"
            raise node.unit_place.error(f"no unit is called `{unit.text}`", hint)
        return Constant(Kind(ResultType.NUMBER, unit), node.value)

    def _input(self, operand: Operand) -> Typed:
        result = _TYPES.get(operand.type, ResultType.NUMBER)
        unit = unit_of(operand.unit) if result is ResultType.NUMBER else None
        is_weak = result is ResultType.NUMBER and unit is None  # what it counts is not known
        return Input(Kind(result, unit, is_weak), self._slots[operand.tag])

    def _unary(self, node: nodes.Unary) -> Typed:
        item = self.check(node.item)
        if node.operator == "not":
            return Inverted(BOOLEAN, self._expect(item, node.item.place, ResultType.BOOLEAN))
        return Negated(item.kind, self._expect(item, node.item.place, ResultType.NUMBER))

    def _choice(self, node: nodes.Choice) -> Typed:
        condition = self._expect(self.check(node.condition), node.condition.place, ResultType.BOOLEAN)
        yes, no = self.check(node.yes), self.check(node.no)
        if yes.kind.type is not no.kind.type:
            message = f"the two sides are {_SAYS[yes.kind.type]} and {_SAYS[no.kind.type]}"
            raise node.place.error(message, "both sides of `a if c else b` are of one type")
        if yes.kind.type is not ResultType.NUMBER:
            return Chosen(yes.kind, condition, yes, no)
        kind, (yes, no) = aligned((yes, no), node.place)
        return Chosen(kind, condition, yes, no)

    # -- chains -------------------------------------------------------------------------------------------------------

    def _chain(self, node: nodes.Chain) -> Typed:
        operator = node.rest[0][0]
        if operator in ("and", "or"):
            items = [node.first, *(item for _, _, item in node.rest)]
            checked = (self._expect(self.check(item), item.place, ResultType.BOOLEAN) for item in items)
            return Joined(BOOLEAN, operator, tuple(checked))
        if operator in ("+", "-"):
            return self._sum(node)
        if operator in ("*", "/", "%"):
            left = self._expect(self.check(node.first), node.first.place, ResultType.NUMBER)
            right = self._expect(self.check(node.rest[0][2]), node.rest[0][2].place, ResultType.NUMBER)
            return product(operator, left, right, node.place)
        return self._comparisons(node)

    def _sum(self, node: nodes.Chain) -> Typed:
        items = [(True, node.first), *((operator == "+", item) for operator, _, item in node.rest)]
        signs = [is_added for is_added, _ in items]
        terms = tuple(self._expect(self.check(item), item.place, ResultType.NUMBER) for _, item in items)
        places = [node.place, *(place for _, place, _ in node.rest)]
        kind, terms = amount(signs, terms, places)
        return Sum(kind, tuple(zip(signs, terms, strict=True)))

    def _comparisons(self, node: nodes.Chain) -> Typed:
        if len(node.rest) == 1:
            operator, place, right = node.rest[0]
            return self._comparison(operator, place, (node.first, right))
        _refuse_nonsense(node.rest)
        items = [node.first, *(item for _, _, item in node.rest)]
        numbers = [self._expect(self.check(item), item.place, ResultType.NUMBER) for item in items]
        _, in_one_unit = aligned(numbers, node.place)
        return Ordered(BOOLEAN, tuple(operator for operator, _, _ in node.rest), in_one_unit)

    def _comparison(self, operator: str, place: Place, sides: tuple[nodes.Node, nodes.Node]) -> Typed:
        first, second = (self.check(side) for side in sides)
        first = self._word(first, second, sides[0].place) or first
        second = self._word(second, first, sides[1].place) or second
        if first.kind.type is not second.kind.type:
            raise _cannot_compare(first, second, place)
        if first.kind.type is not ResultType.NUMBER and operator not in ("==", "!="):
            raise place.error(f"`{operator}` compares numbers", "write `==` or `!=` here")
        if first.kind.type is ResultType.NUMBER:
            try:
                first, second = same_unit(first, second, place)
            except HandmadeConversion as error:
                error.hint += _written_instead(operator, sides)
                raise
        if isinstance(first, Constant):  # the constant to the right: shorter closures, and one form of a threshold
            first, second, operator = second, first, _FLIPPED[operator]
        return Compared(BOOLEAN, operator, first, second)

    def _word(self, text: Typed, other: Typed, place: Place) -> Typed | None:
        """A state's word in a comparison, as the state's number."""
        state = other.organ.argument if isinstance(other, Read) and other.organ.function == "prev" else other
        if not (isinstance(text, Constant) and isinstance(text.value, str) and isinstance(state, Input)):
            return None
        operand = self.inputs[state.slot]
        if operand.type is ValueType.TEXT:
            return None
        by_word = {word.casefold(): number for number, word in operand.words}
        if not by_word:
            raise place.error(f"`{operand.tag}` has no words", "compare with a number, or give the point words")
        if text.value.casefold() not in by_word:
            words = ", ".join(f'"{word}"' for _, word in operand.words)
            hint = nearest(text.value, [word for _, word in operand.words]) or f"its words are {words}"
            raise place.error(f'`{operand.tag}` has no word "{text.value}"', hint)
        number = by_word[text.value.casefold()]
        return Constant(other.kind, bool(number) if operand.type is ValueType.BOOL else number)

    def _expect(self, item: Typed, place: Place, wanted: ResultType) -> Typed:
        if item.kind.type is not wanted:
            message = f"{_SAYS[wanted]} is wanted here, this is {_SAYS[item.kind.type]}"
            raise place.error(message, _hint_to_become(wanted, item.kind.type))
        return item


def _operands(node: nodes.Node) -> Sequence[Operand]:
    if isinstance(node, nodes.Name):
        return (node.operand,)
    return [operand for child in nodes.children(node) for operand in _operands(child)]


def _refuse_nonsense(rest: Sequence[tuple[str, Place, nodes.Node]]) -> None:
    """A chain goes one way: `1 < a <= 3`; everything else is likely meant otherwise."""
    for operator, place, _ in rest[1:]:
        if operator in ("==", "!=") or operator[0] != rest[0][0][0]:
            hint = "a chain goes one way: `1 < a <= 3`; join others with `and`"
            raise place.error(f"`{operator}` cannot follow `{rest[0][0]}` in a chain", hint)


def _written_instead(operator: str, sides: tuple[nodes.Node, nodes.Node]) -> str:
    """The comparison without the factors of its sides, for a hint."""
    left, right = (wording(without_factors(side)) for side in sides)
    is_other = (left, right) != tuple(map(wording, sides))
    return f" (write `{left} {operator} {right}`)" if is_other else ""


def _hint_to_become(wanted: ResultType, found: ResultType) -> str:
    if wanted is ResultType.BOOLEAN:
        return "compare it: `x > 0`, `x == 1`" if found is ResultType.NUMBER else 'compare it: `x == "word"`'
    if wanted is ResultType.NUMBER and found is ResultType.BOOLEAN:
        return "true and false are not numbers: write `1 if condition else 0`"
    return ""


def _cannot_compare(left: Typed, right: Typed, place: Place) -> Exception:
    message = f"{_SAYS[left.kind.type]} cannot be compared with {_SAYS[right.kind.type]}"
    types = {left.kind.type, right.kind.type}
    if types == {ResultType.BOOLEAN, ResultType.NUMBER}:
        return place.error(message, "compare a switch with `true` or `false`, or write its name alone")
    return place.error(message, "a text is compared with texts, a state's word with the state itself")
