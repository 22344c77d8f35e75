"""From what stands in a JSON document to a typed raw value, or the quality that says why there is none."""

import re
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import orjson

from drivers.mqtt.path import ABSENT, Steps
from gateway.core.point import Value, ValueType
from gateway.core.quality import Quality

Marked = tuple[Value | None, Quality]
"""A value that is not simply good, or the reason why there is none."""

Find = Callable[[Any], Any]
Read = Callable[[Any], Any]
"""From a document to a good value (float, int, bool, str), a `Marked`, or `ABSENT`."""

ReadAll = Callable[[Any], tuple[Any, ...] | None]

_BAD_TYPE: Marked = (None, Quality.BAD_TYPE)
_BAD_NUMBER: Marked = (None, Quality.BAD_NOT_A_NUMBER)
_NOT_AVAILABLE: Marked = (None, Quality.BAD_NOT_AVAILABLE)
_NUMBER = re.compile(  # blanks around it, but not the separators that `float` takes for none in ASCII text
    r"[^\S\x1c-\x1f]*[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,4})?[^\S\x1c-\x1f]*"
)
_INTEGER = re.compile(r"[^\S\x1c-\x1f]*[+-]?[0-9]{1,20}[^\S\x1c-\x1f]*")
_NOT_NUMBERS = frozenset({"nan", "inf", "infinity", "-inf", "-infinity", "+inf", "+infinity"})
_TRUE = frozenset({"on", "true", "yes", "1"})
_FALSE = frozenset({"off", "false", "no", "0"})
_EXACT = 2**53  # integers up to here are exact in a float
_LOWEST, _HIGHEST = -(2**63), 2**64 - 1  # what outbox and sinks can hold


def reader(find: Find, value_type: ValueType, words: Mapping[str, Value]) -> Read:
    """A function from a document to the value at `find`, of the stated type. It never raises.

    `words` replaces texts before anything else ("RUN" -> 1). Texts that hold a number count as that number, on/off,
    true/false, yes/no and 1/0 as truth values. JSON null is a value that the device does not have.
    """
    convert = _CONVERT[value_type]
    plain = _PLAIN[value_type]

    def read(document: Any) -> Any:
        raw = find(document)
        if type(raw) is plain:
            return raw
        if raw is ABSENT:
            return ABSENT
        return _NOT_AVAILABLE if raw is None else convert(raw)

    return _with_words(find, words, convert) if words else read


def all_at_once(paths: Sequence[Steps], types: Sequence[ValueType]) -> ReadAll:
    """A function from a document to the values at all paths, where every one is there and good as it stands; `None`:
    look at each with its `reader`. Made for plain keys; one look in C costs a tenth of a look at each."""
    plain = tuple(_PLAIN[value_type] for value_type in types)
    keys = [path[0] for path in paths if len(path) == 1 and isinstance(path[0], str)]
    if len(keys) < len(types) or None in plain:
        return lambda _: None
    pick = itemgetter(*keys) if len(keys) > 1 else lambda document: (document[keys[0]],)

    def read(document: Any) -> tuple[Any, ...] | None:
        if type(document) is not dict:
            return None
        try:
            values = pick(document)
        except KeyError:
            return None
        return values if tuple(map(type, values)) == plain else None

    return read


def _with_words(find: Find, words: Mapping[str, Value], convert: Callable[[Any], Any]) -> Read:
    def read(document: Any) -> Any:
        raw = find(document)
        if raw is ABSENT:
            return ABSENT
        if type(raw) is str:
            raw = words.get(raw.strip(), raw)
        return _NOT_AVAILABLE if raw is None else convert(raw)

    return read


def _as_float(raw: Any) -> Any:
    if type(raw) is float:
        return raw
    if type(raw) is int:
        return float(raw) if -_EXACT <= raw <= _EXACT else (float(raw), Quality.UNCERTAIN_PRECISION)
    if type(raw) is not str:
        return _BAD_TYPE
    if _NUMBER.fullmatch(raw) is None:
        return _BAD_NUMBER if raw.strip().lower() in _NOT_NUMBERS else _BAD_TYPE
    value = float(raw)
    return value if abs(value) != float("inf") else _BAD_NUMBER


def _as_int(raw: Any) -> Any:
    if type(raw) is str:
        if _INTEGER.fullmatch(raw):
            raw = int(raw)
        else:
            number = _as_float(raw)
            if type(number) is tuple:
                return number
            raw = number
    if type(raw) is float and raw.is_integer() and -_EXACT <= raw <= _EXACT:
        return int(raw)
    return raw if type(raw) is int and _LOWEST <= raw <= _HIGHEST else _BAD_TYPE


def _as_bool(raw: Any) -> Any:
    if type(raw) is bool:
        return raw
    if type(raw) is int or type(raw) is float:
        return bool(raw) if raw in {0, 1} else _BAD_TYPE
    if type(raw) is str:
        word = raw.strip().lower()
        if word in _TRUE:
            return True
        return False if word in _FALSE else _BAD_TYPE
    return _BAD_TYPE


def _as_text(raw: Any) -> Any:
    if type(raw) is str:
        return raw
    return _BAD_TYPE if type(raw) in {dict, list} else orjson.dumps(raw).decode()


_CONVERT: Mapping[ValueType, Callable[[Any], Any]] = {
    ValueType.FLOAT: _as_float,
    ValueType.INT: _as_int,
    ValueType.BOOL: _as_bool,
    ValueType.TEXT: _as_text,
}
# what needs no look at all; integers do: JSON may hold wider ones than a store does
_PLAIN: Mapping[ValueType, type | None] = {
    ValueType.FLOAT: float,
    ValueType.INT: None,
    ValueType.BOOL: bool,
    ValueType.TEXT: str,
}
