"""The escape rules of line protocol, for names and for text values.

Grammar: line-protocol.ebnf in github.com/influxdata/line-protocol; what servers do with it is tested on real ones.
"""

import re

RESERVED_FIELDS = frozenset({"time", "_field", "_measurement"})  # dropped silently or refused by InfluxDB

_CONTROL = str.maketrans({"\n": "\\n", "\r": "\\r", "\t": "\\t"})
_KEY = str.maketrans({",": "\\,", "=": "\\=", " ": "\\ "})
_MEASUREMENT = str.maketrans({",": "\\,", " ": "\\ "})
# A backslash at the end, or before a character that gets one, would be read as an escape: there is no form for it.
_LOST_BACKSLASH = re.compile(r"\\+(?=[,= \n\r\t]|\Z)")
_TEXT = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"})


def escape_key(name: str) -> bytes:
    """A tag key, tag value or field key. Empty where nothing is left; a backslash that has no form is left out."""
    kept = _LOST_BACKSLASH.sub("", name)
    return kept.translate(_KEY).translate(_CONTROL).encode(errors="replace")


def escape_measurement(name: str) -> bytes | None:
    """A measurement; `None` where it has no safe form.

    A leading `#` makes the line a comment; a backslash can swallow the tags into the name, both answered with 204.
    """
    if not name or name.startswith("#") or "\\" in name:
        return None
    return name.translate(_MEASUREMENT).translate(_CONTROL).encode(errors="replace")


def escape_text(value: str) -> bytes:
    """A text value in its quotes. Raises UnicodeEncodeError for half of a surrogate pair.

    A line end becomes backslash and letter: InfluxDB would take it raw, VictoriaMetrics loses the line at it.
    """
    return b'"' + value.translate(_TEXT).encode() + b'"'
