"""What an expression can give."""

from enum import StrEnum


class ResultType(StrEnum):
    """What an expression gives."""

    BOOLEAN = "boolean"
    NUMBER = "number"
    TEXT = "text"
