"""The texts of an entry with their places, for what is compiled later."""

from collections.abc import Callable

from gateway.config.nodes import Mapping, Scalar, Sequence
from gateway.config.problems import Mark, Report
from gateway.config.ruleplan import Written
from gateway.config.types import HintedError


def check_name(name: str, mark: Mark, check: Callable[[str], str], report: Report) -> None:
    """Note a name that is no id."""
    try:
        check(name)
    except HintedError as error:
        report.error(mark, f"name `{name}`: {error}", error.hint)


def written(node: Mapping, key: str) -> Written | None:
    """The text under a key with its place; `None` where there is none."""
    value = node.items.get(key)
    if not isinstance(value, Scalar) or value.is_unset or value.value() is None:
        return None
    return Written(value.text, value.mark)


def all_written(node: Mapping, key: str) -> tuple[Written, ...]:
    """The texts under a key that takes one or several."""
    value = node.items.get(key)
    if isinstance(value, Sequence):
        return tuple(Written(one.text, one.mark) for one in value.entries if isinstance(one, Scalar))
    one = written(node, key)
    return () if one is None else (one,)


def keys_of(node: Mapping, key: str) -> dict[str, Mark]:
    """The keys of the mapping under a key, with their places."""
    inner = node.items.get(key)
    return inner.keys if isinstance(inner, Mapping) else {}
