"""The Chinese of the sentences in an answer, beside them: pages and other readers choose the language."""

from collections.abc import Iterable, Iterator
from typing import Any

from gateway.chinese import chinese_of

Json = dict[str, Any]
_REFUSED = ("message", "hint")


def with_chinese(answer: Json, *fields: str) -> Json:
    """The answer with `chinese`: the Chinese of what stands in these fields (texts or lists of them), however deep.

    An answer without such sentences stays as it is.
    """
    found = chinese_of(_sentences(answer, frozenset(fields)))
    return {**answer, "chinese": found} if found else answer


def chinese_of_refusal(detail: str, hint: str, errors: Iterable[Any]) -> dict[str, str]:
    """The Chinese of a refusal and of its parts."""
    return chinese_of([detail, hint, *_sentences(list(errors), frozenset(_REFUSED))])


def _sentences(value: Any, fields: frozenset[str]) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            if name in fields:
                yield from (text for text in (part if isinstance(part, list) else [part]) if isinstance(text, str))
            if isinstance(part, dict | list):
                yield from _sentences(part, fields)
    elif isinstance(value, list):
        for part in value:
            yield from _sentences(part, fields)
