"""Columns of numbers as an Arrow C stream, so that DuckDB reads our arrays in place, without numpy or pyarrow.

The structures are those of the Arrow C data and C stream interfaces, handed over by the Arrow PyCapsule interface
(`__arrow_c_stream__`). Every structure is built beforehand and owned by `ColumnStream`: while DuckDB reads, the
callbacks only copy one structure, and "release" frees nothing. The stream must outlive the statement that reads it.
"""

import ctypes
from array import array
from collections.abc import Sequence
from typing import Any, ClassVar

Column = tuple[str, str]
"""Name and type code of `array.array` ("q", "i", "d", "B")."""

_FORMATS = {"q": b"l", "i": b"i", "d": b"g", "B": b"C"}  # Arrow's letters for int64, int32, float64, uint8


class _Schema(ctypes.Structure):
    """`struct ArrowSchema`."""

    _fields_: ClassVar = [
        ("format", ctypes.c_char_p),
        ("name", ctypes.c_char_p),
        ("metadata", ctypes.c_char_p),
        ("flags", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("children", ctypes.c_void_p),
        ("dictionary", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    ]


class _Array(ctypes.Structure):
    """`struct ArrowArray`."""

    _fields_: ClassVar = [
        ("length", ctypes.c_int64),
        ("null_count", ctypes.c_int64),
        ("offset", ctypes.c_int64),
        ("n_buffers", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("buffers", ctypes.c_void_p),
        ("children", ctypes.c_void_p),
        ("dictionary", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    ]


_Fill = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_LastError = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
_Release = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class _Stream(ctypes.Structure):
    """`struct ArrowArrayStream`."""

    _fields_: ClassVar = [
        ("get_schema", _Fill),
        ("get_next", _Fill),
        ("get_last_error", _LastError),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    ]


def _releaser(structure: type[ctypes.Structure]) -> Any:
    """A release callback: the interface wants the pointer cleared; the memory is Python's."""
    offset = getattr(structure, "release").offset  # noqa: B009 - a field descriptor that mypy does not know

    def release(address: int) -> None:
        ctypes.c_void_p.from_address(address + offset).value = None

    return _Release(release)


_RELEASE_SCHEMA = _releaser(_Schema)
_RELEASE_ARRAY = _releaser(_Array)
_RELEASE_STREAM = _releaser(_Stream)

_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype = ctypes.py_object
_new_capsule.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]


def _address(function: Any) -> int | None:
    return ctypes.cast(function, ctypes.c_void_p).value


class ColumnStream:
    """A table whose parts are tuples of arrays, one array per column, for DuckDB's replacement scan or `register`.

    The arrays must not change their length as long as this object lives.
    """

    def __init__(self, columns: Sequence[Column], parts: Sequence[tuple["array[Any]", ...]]) -> None:
        self._parts = tuple(parts)
        self._keep: list[Any] = []
        self._schema = self._make_schema(columns)
        self._arrays = [self._make_array(part) for part in self._parts]

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """A new stream from the first part on.

        The callbacks do not refer to this object: in a cycle the arrays would wait for the garbage collector.
        """
        rest = iter(self._arrays)
        schema = self._schema

        def get_schema(_: int, target: int) -> int:
            ctypes.memmove(target, ctypes.addressof(schema), ctypes.sizeof(_Schema))
            return 0

        def get_next(_: int, target: int) -> int:
            item = next(rest, None)
            if item is None:  # the end: an array without a release callback
                ctypes.memset(target, 0, ctypes.sizeof(_Array))
            else:
                ctypes.memmove(target, ctypes.addressof(item), ctypes.sizeof(_Array))
            return 0

        stream = _Stream(_Fill(get_schema), _Fill(get_next), _LastError(lambda _: None), _address(_RELEASE_STREAM))
        self._keep.append(stream)
        return _new_capsule(ctypes.addressof(stream), b"arrow_array_stream", None)

    def _pointers(self, targets: Sequence[ctypes.Structure]) -> int:
        table = (ctypes.c_void_p * len(targets))(*(ctypes.addressof(target) for target in targets))
        self._keep += [table, *targets]
        return ctypes.addressof(table)

    def _make_schema(self, columns: Sequence[Column]) -> _Schema:
        release = _address(_RELEASE_SCHEMA)
        fields = [_Schema(format=_FORMATS[code], name=name.encode(), release=release) for name, code in columns]
        return _Schema(format=b"+s", name=b"", n_children=len(fields), children=self._pointers(fields), release=release)

    def _make_array(self, part: tuple["array[Any]", ...]) -> _Array:
        release = _address(_RELEASE_ARRAY)
        length = len(part[0])
        children = []
        for column in part:
            buffers = (ctypes.c_void_p * 2)(None, column.buffer_info()[0])  # no validity bitmap: no nulls
            self._keep.append(buffers)
            children.append(_Array(length=length, n_buffers=2, buffers=ctypes.addressof(buffers), release=release))
        buffers = (ctypes.c_void_p * 1)(None)
        self._keep.append(buffers)
        return _Array(
            length=length,
            n_buffers=1,
            n_children=len(children),
            buffers=ctypes.addressof(buffers),
            children=self._pointers(children),
            release=release,
        )
