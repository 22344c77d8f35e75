"""What is written out before an expression is compiled, device by device: `silent()` and `highest(a, b, c)`."""

import re
from dataclasses import replace

from gateway.config.ruleplan import Written
from gateway.rulebook.directory import Directory
from gateway.rulebook.refusal import Refused
from gateway.rulebook.silence import with_silence
from rules.expression.errors import ExpressionError

_NAME = r"`?[A-Za-z0-9_-]+`?"
_HIGHEST = re.compile(rf"\bhighest\s*\(\s*({_NAME}(?:\s*,\s*{_NAME})*)\s*\)")
_LEFT = re.compile(r"\b(silent|total|highest)\s*\(")
_SAYS = {
    "silent": (
        "`silent()` takes nothing: it is about the whole device",
        "about one point write `stale(x) or absent(x)`",
    ),
    "total": (
        "`total()` is the sum of one point, in a rule for the park or for its enterprises",
        "with `for_each: {each: park}` or `{each: enterprise}` write `total(power_active)`, or of some roles "
        "`total(power_active, main, pv)`",
    ),
    "highest": (
        "`highest()` takes names of points of the rule's own device",
        "write for example `highest(thd_current_l1, thd_current_l2, thd_current_l3)`; of other numbers `max(a, b)`",
    ),
}


def expanded(written: Written, home: str, directory: Directory) -> Written:
    """The expression as seen from `home`, in terms of points alone. Raises Refused where that cannot be said."""
    if not _LEFT.search(written.text):
        return written
    found = with_silence(written, home, directory)
    found = replace(found, text=_HIGHEST.sub(lambda match: _highest(match[1], home, directory), found.text))
    left = _LEFT.search(found.text)
    if left is not None:
        raise Refused(written, _error(written.text, left[1]))
    return found


def _highest(names: str, home: str, directory: Directory) -> str:
    """The highest of those points that the device has; the first one, to be missed, where it has none."""
    asked = [name.strip().strip("`") for name in names.split(",")]
    having = [f"`{name}`" for name in asked if directory.resolve(home, name) is not None]
    return f"max({', '.join(having)})" if len(having) > 1 else (having or asked)[0]


def _error(text: str, function: str) -> ExpressionError:
    """What is wrong, where the function stands in the text as it was written."""
    match = re.search(rf"\b{function}\s*\(", text)
    at = match.start() if match else 0
    return ExpressionError(*_SAYS[function], text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
