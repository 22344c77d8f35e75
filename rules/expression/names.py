"""Suggestions for names that are not known."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(text: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known spelling, empty where none is near."""
    by_lower: dict[str, str] = {}
    for name in known:
        by_lower.setdefault(name.lower(), name)
    if text.lower() in by_lower:
        return f"did you mean `{by_lower[text.lower()]}`?"
    found = get_close_matches(text.lower(), by_lower, n=1, cutoff=0.6)
    return f"did you mean `{by_lower[found[0]]}`?" if found else ""
