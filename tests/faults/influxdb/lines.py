"""A small line protocol parser of the tests' own: written from the grammar, shares nothing with the encoder."""

import re
from dataclasses import dataclass

Value = float | int | str | bool
_NUMBER = re.compile(r"-?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?", re.IGNORECASE | re.ASCII)


class BadLine(ValueError):
    """The line does not follow the grammar."""


@dataclass(frozen=True)
class ParsedLine:
    measurement: str
    tags: dict[str, str]
    fields: dict[str, Value]
    time_ns: int


def _until(text: str, at: int, ends: str) -> tuple[str, int]:
    """Read a name up to an unescaped character of `ends`. A backslash escapes comma, equals sign and blank only."""
    read: list[str] = []
    while at < len(text) and text[at] not in ends:
        if text[at] == "\\" and at + 1 < len(text):
            read.append(text[at + 1] if text[at + 1] in ",= " else text[at : at + 2])
            at += 2
        else:
            read.append(text[at])
            at += 1
    if at >= len(text):
        raise BadLine(f"ends too early: {text!r}")
    return "".join(read), at


def _string(text: str, at: int) -> tuple[str, int]:
    read: list[str] = []
    while True:
        if at >= len(text):
            raise BadLine(f"unbalanced quote: {text!r}")
        if text[at] == '"':
            return "".join(read), at + 1
        if text[at] == "\\" and text[at + 1 : at + 2] in ('"', "\\"):
            at += 1
        read.append(text[at])
        at += 1


def _plain(token: str) -> Value:
    if token in {"t", "T", "true", "True", "TRUE"}:
        return True
    if token in {"f", "F", "false", "False", "FALSE"}:
        return False
    if re.fullmatch(r"-?\d+i", token, re.ASCII):
        number = int(token[:-1])
        if not -(2**63) <= number < 2**63:
            raise BadLine(f"integer out of range: {token}")
        return number
    if not _NUMBER.fullmatch(token):
        raise BadLine(f"no value: {token!r}")
    return float(token)


def parse_line(line: bytes) -> ParsedLine:
    """One line. Raises BadLine."""
    text = line.decode()
    if "\n" in text or "\r" in text:
        raise BadLine("a line end inside the line")
    if text.startswith("#"):
        raise BadLine("a comment")
    measurement, at = _until(text, 0, ", ")
    tags: dict[str, str] = {}
    while text[at] == ",":
        key, at = _until(text, at + 1, "=,")
        tag, at = _until(text, at + 1, ", ")
        if not key or not tag or key in tags or list(tags) != sorted(tags):
            raise BadLine(f"bad tag {key!r}={tag!r}")
        tags[key] = tag
    fields: dict[str, Value] = {}
    while True:
        key, at = _until(text, at + 1, "= ")
        if not key or text[at] != "=" or key in fields:
            raise BadLine(f"bad field {key!r}")
        if text[at + 1 : at + 2] == '"':
            fields[key], at = _string(text, at + 2)
        else:
            token, at = _until(text, at + 1, ", ")
            fields[key] = _plain(token)
        if text[at : at + 1] == " ":
            break
        if text[at : at + 1] != ",":
            raise BadLine(f"after a field: {text[at:]!r}")
    if not re.fullmatch(r"-?\d+", text[at + 1 :], re.ASCII):
        raise BadLine(f"no time: {text[at + 1 :]!r}")
    return ParsedLine(measurement, tags, fields, int(text[at + 1 :]))
