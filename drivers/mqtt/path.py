"""JSON paths as the user writes them: `params.em1:0.act_power`, `ENERGY.Total[1]`, `"key.with.dots".value`, `$`."""

import re
from collections.abc import Callable
from typing import Any, Final

Steps = tuple[str | int, ...]

ABSENT: Final = object()
"""What a path yields where the document has nothing there (`None` is JSON's null)."""

_STEP = re.compile(r"""(?:^|\.)(?:"([^"]+)"|([^."'\[\]]+))|\[([0-9]{1,6})\]|\[(?:"([^"]+)"|'([^']+)')\]""")


def parse_path(text: str) -> Steps:
    """Split a path into keys (str) and array positions (int); `$` is the whole document, hence no steps.

    Keys that hold a dot, a bracket or a quote stand in double quotes. Raises ValueError.
    """
    if text == "$":
        return ()
    steps: list[str | int] = []
    at = 0
    while at < len(text):
        match = _STEP.match(text, at)
        if match is None or text.startswith("."):
            raise ValueError(
                f"path `{text}` cannot be read at character {at + 1}: expected keys with dots between them, "
                'positions like [0], and quotes around keys that hold dots, like "a.b".c'
            )
        position = match[3]
        steps.append(int(position) if position is not None else match[1] or match[2] or match[4] or match[5])
        at = match.end()
    if not steps:
        raise ValueError("an empty path; `$` stands for the whole payload")
    return tuple(steps)


def compile_path(steps: Steps) -> Callable[[Any], Any]:
    """A function from a parsed document to what stands at the path, or `ABSENT`. It never raises."""
    if len(steps) == 1 and isinstance(steps[0], str):
        return _one_key(steps[0])

    def find(document: Any) -> Any:
        for step in steps:
            if isinstance(step, str):
                if type(document) is not dict:
                    return ABSENT
                document = document.get(step, ABSENT)
            elif type(document) is not list or step >= len(document):
                return ABSENT
            else:
                document = document[step]
        return document

    return find


def _one_key(key: str) -> Callable[[Any], Any]:
    def find(document: Any) -> Any:
        return document.get(key, ABSENT) if type(document) is dict else ABSENT

    return find
