"""Why an expression has no compiled form: the device lacks a point, or the text is wrong whatever the device."""

from gateway.config.ruleplan import Written
from rules.expression.errors import ExpressionError


class MissingPoint(Exception):
    """The device has no such point; another one may have it."""

    def __init__(self, name: str, written: Written, error: ExpressionError) -> None:
        super().__init__(name)
        self.name = name
        self.written = written
        self.error = error


class Refused(Exception):
    """The text cannot be compiled, whatever the device."""

    def __init__(self, written: Written, error: ExpressionError) -> None:
        super().__init__(error.message)
        self.written = written
        self.error = error
