"""Misspelt names: what was meant, so that one slip of the pen does not hide the mistakes behind it."""

from collections.abc import Container, Iterable
from difflib import SequenceMatcher, get_close_matches

from gateway.config.nodes import Mapping
from gateway.config.problems import Report, nearest

_NEAR = 0.7
_MARGIN = 0.1  # by which a second candidate must be further away


def meant(word: str, known: Iterable[str]) -> str | None:
    """The one known word that a misspelt one stands for; `None` where none is near or two are."""
    close = get_close_matches(word, sorted(set(known)), n=2, cutoff=_NEAR)
    if len(close) == 2:
        best, second = (SequenceMatcher(None, other, word).ratio() for other in close)
        return close[0] if second <= best - _MARGIN else None
    return close[0] if close else None


def respelt(node: Mapping, names: frozenset[str], report: Report, taken: Container[str] = ()) -> Mapping:
    """The mapping with its misspelt keys put right, each noted as a problem; the node itself where there is none.

    A key that is near none of `names`, or near one that is given too or `taken` elsewhere, stays as it is.
    """
    if node.items.keys() <= names:
        return node
    right = Mapping(node.mark)
    is_changed = False
    for key, value in node.items.items():
        name = None if key in names else meant(key, names)
        if name is not None and name not in {*node.items, *right.items} and name not in taken:
            report.error(node.keys[key], f"unknown key `{key}`", nearest(key, names))
            is_changed = True
        else:
            name = key
        right.put(name, value, node.keys[key])
    return right if is_changed else node
