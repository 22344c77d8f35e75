"""A node against a pydantic model: the model, or every problem with its place, in words for a person."""

import re
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gateway.config.nodes import Mapping, Node, Scalar, Sequence, scalars
from gateway.config.problems import WIDE_COLON, Mark, nearest
from gateway.config.respell import respelt
from gateway.config.secrets import Vault
from gateway.config.types import Secret, told_like

M = TypeVar("M", bound=BaseModel)

_WANTED = {
    "bool": ("true or false", "write `true` or `false`"),
    "int": ("a whole number", ""),
    "float": ("a number", ""),
    "string": ("text", ""),
    "list": ("a list", "write `[a, b]`, or one `- entry` a line"),
    "tuple": ("a list", "write `[a, b]`"),
    "dict": ("keys with values", "write `{key: value}`"),
    "model": ("keys with values", "write `{key: value}`"),
    "dataclass": ("keys with values", "write `{key: value}`"),
}
_LIMITS = {
    "greater_than_equal": ("ge", "must be at least"),
    "greater_than": ("gt", "must be more than"),
    "less_than_equal": ("le", "must be at most"),
    "less_than": ("lt", "must be less than"),
}


class Validator:
    """Reads nodes as models of one configuration; problems and findings go to the vault's report."""

    def __init__(self, vault: Vault) -> None:
        self.report = vault.report
        self.vault = vault
        self._fields: dict[type[BaseModel], dict[str, frozenset[Any]]] = {}

    def read(
        self, model: type[M], node: Node, known: frozenset[str] = frozenset(), *, of: str = "", is_partial: bool = False
    ) -> M | None:
        """The node as a model, `None` after problems.

        `known`: other keys that a misspelt one may have meant. `of` names what a problem of the whole node is about.
        `is_partial`: more keys stand where nothing could be read, so none is missed.
        """
        if not isinstance(node, Mapping):
            hint = _hint_of_colon(node) or "write `{key: value}`"
            self.report.error(node.mark, f"expected keys with values, found {_found(node)}", hint)
            return None
        refused: set[Mark] = set()
        data = self._plain(frozenset({model}), node, refused)
        try:
            value = model.model_validate(data)
        except ValidationError as error:
            errors = error.errors(include_url=False)
            if not _reread_as_text(errors, node):
                right = respelt(node, frozenset(self._fields_of(model)) | known, self.report)
                if right is not node:
                    self.read(model, right, known, of=of, is_partial=is_partial)
                    return None
                errors = [error for error in errors if not (is_partial and error["type"] == "missing")]
                self._note(errors, model, node, refused, known, of)
                return None
            return self.read(model, node, known, of=of, is_partial=is_partial)
        return None if refused else value

    def _plain(self, leaves: frozenset[Any], node: Node, refused: set[Mark]) -> Any:
        """The node as plain values for pydantic, stricter than it about truth values, and with secrets fetched."""
        if isinstance(node, Scalar):
            return self._scalar(leaves, node, refused)
        if isinstance(node, Sequence):
            return [self._plain(leaves, entry, refused) for entry in node.entries]
        model = next((leaf for leaf in leaves if isinstance(leaf, type) and issubclass(leaf, BaseModel)), None)
        fields = {} if model is None else self._fields_of(model)
        rest = leaves if model is None else frozenset()
        return {key: self._plain(fields.get(key, rest), child, refused) for key, child in node.items.items()}

    def _scalar(self, leaves: frozenset[Any], node: Scalar, refused: set[Mark]) -> Any:
        value = node.value()
        if node.is_unset:
            refused.add(node.mark)
        if value is None or node.is_unset:
            return None
        if Secret in leaves:
            secret = self.vault.secret(node)
            node.template = node.template or "***"
            if secret is None:
                refused.add(node.mark)
            return secret or Secret("")
        if str in leaves or isinstance(value, bool) == (bool in leaves):
            return value
        if bool in leaves and not leaves & {int, float}:
            refused.add(node.mark)
            self.report.error(node.mark, f"expected true or false, found `{node.shown}`", _truth(node.text))
        elif isinstance(value, bool) and leaves & {int, float}:
            refused.add(node.mark)
            self.report.error(node.mark, f"expected a number, found `{node.shown}`")
        return value

    def _fields_of(self, model: type[BaseModel]) -> dict[str, frozenset[Any]]:
        if model not in self._fields:
            self._fields[model] = {
                field.alias or name: frozenset(leaf_types(field.annotation))
                for name, field in model.model_fields.items()
            }
        return self._fields[model]

    def _note(
        self,
        errors: list[ErrorDetails],
        model: type[BaseModel],
        node: Mapping,
        refused: set[Mark],
        known: frozenset[str],
        of: str,
    ) -> None:
        """Report what pydantic refused; the alternatives of one place are joined into one message."""
        messages: dict[Mark, dict[str, None]] = {}
        hints: dict[Mark, str] = {}
        for error in errors:
            place, mark = _find(node, error)
            if not _follows(error, place, mark, refused):
                message, hint = _describe(error, place, self._near(model, error, known))
                message = f"{of}: {message}" if of and place is node else message
                messages.setdefault(mark, {})[message] = None
                hints[mark] = hints.get(mark) or hint
        for mark, texts in messages.items():
            self.report.error(mark, "; or ".join(texts), hints[mark])

    def _near(self, model: type[BaseModel], error: ErrorDetails, known: frozenset[str]) -> set[str]:
        """The keys that would have been right where an unknown one stands."""
        names = set(self._fields_of(model)) | known
        for part in error["loc"][:-1]:
            inner = [leaf for leaf in self._fields_of(model).get(str(part), ()) if _is_model(leaf)]
            if inner:
                model = inner[0]
                names = set(self._fields_of(model))
        return names


def _follows(error: ErrorDetails, place: Node, mark: Mark, refused: set[Mark]) -> bool:
    """True for what would be gone with a problem that is told elsewhere."""
    if error["type"] == "is_instance_of":  # a Secret is also made from text
        return True
    if error["type"] == "value_error" and isinstance(place, Mapping):
        return any(scalar.is_unset for scalar in scalars(place))
    return mark in refused


def _is_model(leaf: Any) -> bool:
    return isinstance(leaf, type) and issubclass(leaf, BaseModel)


def leaf_types(annotation: Any) -> Iterator[Any]:
    """The types that a scalar in this place may have: through unions, lists and the values of dictionaries."""
    origin = get_origin(annotation)
    if origin is None:
        yield annotation
    elif origin is Annotated:
        yield from leaf_types(get_args(annotation)[0])
    elif origin is Literal:
        yield from {type(choice) for choice in get_args(annotation)}
    elif origin in (Union, UnionType):
        for part in get_args(annotation):
            yield from leaf_types(part)
    elif origin is dict:
        yield from leaf_types(get_args(annotation)[1])
    else:
        for part in get_args(annotation):
            yield from leaf_types(part)


def _reread_as_text(errors: list[ErrorDetails], node: Mapping) -> bool:
    """Where text was wanted and an unquoted number stands, take it as written. True if there was such a place."""
    changed = False
    for error in errors:
        place, _ = _find(node, error)
        if error["type"] == "string_type" and isinstance(place, Scalar) and place.text and not place.is_quoted:
            place.is_quoted = changed = True
    return changed


def _find(node: Mapping, error: ErrorDetails) -> tuple[Node, Mark]:
    """The node that an error speaks of, and its place; what pydantic adds to a path (union members) is skipped."""
    place: Node = node
    mark = node.mark
    for part in error["loc"]:
        if isinstance(place, Mapping) and str(part) in place.items:
            mark = place.keys[str(part)]
            place = place.items[str(part)]
            if error["type"] != "extra_forbidden":
                mark = place.mark
        elif isinstance(place, Sequence) and isinstance(part, int) and part < len(place.entries):
            place = place.entries[part]
            mark = place.mark
    return place, mark


def _describe(error: ErrorDetails, node: Node, near: set[str]) -> tuple[str, str]:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "missing":
        return f"`{error['loc'][-1]}` is missing", ""
    if kind == "extra_forbidden":
        key = str(error["loc"][-1])
        has_comma = "：" not in key and re.search(r"[\s()<>=]", key)
        hint = "inside `{...}` a text with a comma needs quotes" if has_comma else nearest(key, near)
        return f"unknown key `{key}`", hint
    if kind in ("value_error", "assertion_error"):
        cause = context.get("error", error["msg"])  # a validator's own words may hold the value
        told = _masked(str(cause), node)
        is_shown = isinstance(node, Scalar) and f"`{node.shown}`" in told
        return told + ("" if is_shown else _shown(node)), _masked(getattr(cause, "hint", ""), node)
    if kind in ("literal_error", "enum"):
        choices = str(context["expected"]).replace(" or ", ", ").replace("'", "`")
        return f"expected one of {choices}{_shown(node)}", _near_choice(node, choices)
    if kind in _LIMITS and isinstance(node, Scalar):
        which, words = _LIMITS[kind]
        limit = told_like(node.text, context[which])
        if limit is not None:
            return f"{words} {limit}{_shown(node)}", ""
    if kind == "too_short":
        return "nothing is listed here", "write at least one entry, or leave the key out"
    if kind == "too_long":
        return f"must have at most {context['max_length']} entries", ""
    if kind == "string_too_short" and context["min_length"] == 1:
        return "must not be empty", ""
    wanted = _WANTED.get(kind.split("_")[0])
    if wanted and kind.endswith(("_type", "_parsing", "_from_float", "_attributes_type")):
        return f"expected {wanted[0]}, found {_found(node)}", _hint_of_colon(node) or wanted[1]
    return error["msg"].replace("Input should", "must").replace("Value should", "must") + _shown(node), ""


def _hint_of_colon(node: Node) -> str:
    """For `id：acme`, which is one text."""
    is_wide = isinstance(node, Scalar) and not node.is_quoted and re.match(r"[\w.-]+：", node.text)
    return WIDE_COLON if is_wide else ""


def _near_choice(node: Node, choices: str) -> str:
    words = [choice.strip(" `") for choice in choices.split(",")]
    hint = nearest(node.text, words) if isinstance(node, Scalar) else ""
    return hint if hint.startswith("did") else ""


def _shown(node: Node) -> str:
    return f", found `{node.shown}`" if isinstance(node, Scalar) and node.text else ""


def _found(node: Node) -> str:
    if isinstance(node, Scalar):
        return f"`{node.shown}`" if node.text else "nothing"
    return "a list" if isinstance(node, Sequence) else "keys with values"


def _truth(text: str) -> str:
    """What somebody who wrote `yes` means."""
    if text.lower() in ("yes", "on", "y", "1"):
        return "write `true`"
    return "write `false`" if text.lower() in ("no", "off", "n", "0") else "write `true` or `false`"


def _masked(message: str, node: Node) -> str:
    """A message without the values that came out of the environment into this part of the configuration."""
    for scalar in scalars(node):
        if scalar.template is not None and scalar.text:
            message = message.replace(scalar.text, scalar.template)
    return message
