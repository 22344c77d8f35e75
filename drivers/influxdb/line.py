"""Batches as line protocol: one line per batch, from templates that are compiled once per block. Pure.

The fast path stays in C for the whole batch (one bytes template, one type comparison, one range check) and is left
as soon as a value does not fit its point; then the line is made value by value. Both give the same bytes.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import compress, repeat
from math import isfinite
from operator import is_not, itemgetter
from typing import Any

import orjson

from drivers.influxdb.escape import RESERVED_FIELDS, escape_key, escape_measurement, escape_text
from gateway.core.batch import Batch, Block
from gateway.core.point import Point, PointKind, Value, ValueType

INT64_END = 2**63
MAX_TEMPLATES = 100_000  # blocks of a former configuration come once, when its chunks are sent late

_PYTHON_TYPES: dict[ValueType, type] = {ValueType.FLOAT: float, ValueType.INT: int, ValueType.BOOL: bool}


class _NoForm(Exception):
    """This value cannot be written; the argument is the cause it is counted under."""


@dataclass(frozen=True, slots=True)
class _Field:
    """How the values of one point are written."""

    key: bytes  # escaped
    type: ValueType
    is_short: bool  # 7 significant digits are all that the source held
    cause: str = ""  # why no value of this point can be written; empty: it can

    @property
    def format(self) -> bytes:
        """The field in a bytes template: `%.7g` takes the number itself, `%b` its text."""
        form = b"%.7g" if self.is_short else b"%bi" if self.type is ValueType.INT else b"%b"
        return self.key.replace(b"%", b"%%") + b"=" + form


def _field(point: Point, text_fields: bool) -> _Field:
    key = escape_key(point.name)
    # Counters are never rounded: a float32 counter already is its shortest decimal, and accounts must agree with it.
    is_short = point.type is ValueType.FLOAT and point.digits == 7 and point.kind is not PointKind.COUNTER
    cause = ""
    if not key or point.name in RESERVED_FIELDS:
        cause = "name"
    elif point.type is ValueType.TEXT and not text_fields:
        cause = "text"
    return _Field(key, point.type, is_short, cause)


def _head(block: Block) -> bytes | None:
    """Measurement and tags, tags sorted by key, and a blank; `None` where the kind cannot be a measurement."""
    device = block.device
    measurement = escape_measurement(device.kind)
    if measurement is None:
        return None
    tags = ((b"device", device.id), (b"enterprise", device.enterprise), (b"site", device.site))
    return measurement + b"".join(b",%b=%b" % (key, text) for key, tag in tags if (text := escape_key(tag))) + b" "


def _write_float(value: Value, is_short: bool) -> bytes:
    if isinstance(value, bool) or not isinstance(value, float | int):
        raise _NoForm("type")
    try:
        number = float(value)
    except OverflowError:
        raise _NoForm("not_finite") from None
    if not isfinite(number):
        raise _NoForm("not_finite")
    return b"%.7g" % number if is_short else orjson.dumps(number)


def _write_int(value: Value) -> bytes:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _NoForm("type")
    if not -INT64_END <= value < INT64_END:
        raise _NoForm("int_range")
    return b"%di" % value


def _write_text(value: Value) -> bytes:
    if not isinstance(value, str):
        raise _NoForm("type")
    try:
        return escape_text(value)
    except UnicodeEncodeError:
        raise _NoForm("encoding") from None


def _write(field: _Field, value: Value) -> bytes:
    """The text of one value. Raises _NoForm."""
    if field.cause:
        raise _NoForm(field.cause)
    match field.type:
        case ValueType.FLOAT:
            return _write_float(value, field.is_short)
        case ValueType.INT:
            return _write_int(value)
        case ValueType.TEXT:
            return _write_text(value)
        case ValueType.BOOL:
            if not isinstance(value, bool):
                raise _NoForm("type")
            return b"true" if value else b"false"


def _picker(positions: Sequence[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """These positions of a sequence as a tuple, in C."""
    if len(positions) == 1:
        only = positions[0]
        return lambda values: (values[only],)
    return itemgetter(*positions)


class _Arguments:
    """What fills a block's template: numbers for `%.7g`, and texts that orjson makes in one call for all the others."""

    __slots__ = ("_merge", "_pick")

    def __init__(self, fields: Sequence[_Field]) -> None:
        others = [i for i, field in enumerate(fields) if not field.is_short]
        places = {position: len(fields) + i for i, position in enumerate(others)}
        is_mixed = 0 < len(others) < len(fields)
        self._pick = _picker(others) if is_mixed else tuple if others else None
        self._merge = _picker([places.get(i, i) for i in range(len(fields))]) if is_mixed else None

    def of(self, values: tuple[Value | None, ...]) -> tuple[Any, ...]:
        """One argument per position, for numbers and truth values of the right type; nonsense where one is missing."""
        if self._pick is None:
            return values
        texts = orjson.dumps(self._pick(values))[1:-1].split(b",")
        return self._merge((*values, *texts)) if self._merge else tuple(texts)


class Template:
    """The line of one block, compiled."""

    __slots__ = (
        "_arguments",
        "_dense",
        "_fields",
        "_formats",
        "_has_ints",
        "_head",
        "_is_plain",
        "_percent_head",
        "_types",
    )

    def __init__(self, block: Block, text_fields: bool) -> None:
        self._head = _head(block)
        self._fields = tuple(_field(point, text_fields) for point in block.points)
        self._is_plain = self._head is not None and all(
            not field.cause and field.type is not ValueType.TEXT for field in self._fields
        )
        self._types = tuple(_PYTHON_TYPES.get(field.type, str) for field in self._fields)
        self._formats = tuple(field.format for field in self._fields)
        self._percent_head = (self._head or b"").replace(b"%", b"%%")
        self._dense = self._percent_head + b",".join(self._formats) + b" %d"
        self._has_ints = int in self._types
        self._arguments = _Arguments(self._fields)

    def encode(self, batch: Batch, skipped: Counter[str]) -> tuple[bytes, int]:
        """The line without its end, and how many samples it carries; `(b"", 0)` where nothing can be written.

        Adds every sample that the line leaves out to `skipped` by cause: `no_value` (bad), `not_finite`, `int_range`,
        `type` (not the point's), `encoding`, `name` (no such name in InfluxDB), `text` (switched off).
        """
        if self._is_plain:
            made = self._encode_plain(batch, skipped)
            if made is not None:
                return made
        return self._encode_each(batch, skipped)

    def _encode_plain(self, batch: Batch, skipped: Counter[str]) -> tuple[bytes, int] | None:
        """The same without a step per value; `None` where a value does not fit its point."""
        values = batch.values
        if tuple(map(type, values)) == self._types:
            if not self._can_be_written(values):
                return None
            return self._dense % (*self._arguments.of(values), batch.time_ns), len(values)
        chosen = tuple(map(is_not, values, repeat(None)))
        present = tuple(compress(values, chosen))
        if tuple(map(type, present)) != tuple(compress(self._types, chosen)) or not self._can_be_written(present):
            return None
        if batch.count != len(present):
            skipped["no_value"] += batch.count - len(present)
        if not present:
            return b"", 0
        line = self._percent_head + b",".join(compress(self._formats, chosen)) + b" %d"
        return line % (*compress(self._arguments.of(values), chosen), batch.time_ns), len(present)

    def _can_be_written(self, values: tuple[Any, ...]) -> bool:
        """True where all are finite and integers fit int64; may be False where only a sum or a float is beyond."""
        try:
            if not isfinite(sum(values)):
                return False
        except OverflowError:
            return False
        return not (self._has_ints and values) or (min(values) >= -INT64_END and max(values) < INT64_END)

    def _encode_each(self, batch: Batch, skipped: Counter[str]) -> tuple[bytes, int]:
        parts: list[bytes] = []
        missing = batch.count
        for field, value in zip(self._fields, batch.values, strict=True):
            if value is None:
                continue
            missing -= 1
            try:
                if self._head is None:
                    raise _NoForm("name")
                parts.append(field.key + b"=" + _write(field, value))
            except _NoForm as error:
                skipped[str(error)] += 1
        if missing:
            skipped["no_value"] += missing
        if self._head is None or not parts:
            return b"", 0
        return b"%b%b %d" % (self._head, b",".join(parts), batch.time_ns), len(parts)


class Encoder:
    """Encodes batches of any block; keeps one template per block."""

    __slots__ = ("_templates", "_text_fields")

    def __init__(self, *, text_fields: bool = True) -> None:
        self._text_fields = text_fields
        self._templates: dict[Block, Template] = {}

    def encode(self, batch: Batch, skipped: Counter[str]) -> tuple[bytes, int]:
        """See `Template.encode`."""
        template = self._templates.get(batch.block)
        if template is None:
            if len(self._templates) >= MAX_TEMPLATES:
                self._templates.clear()
            template = self._templates[batch.block] = Template(batch.block, self._text_fields)
        return template.encode(batch, skipped)
