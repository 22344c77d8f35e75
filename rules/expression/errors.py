"""What is wrong with an expression, where, and what to do about it."""


class ExpressionError(Exception):
    """An expression that cannot be compiled. `line` and `column` count from 1 within the text."""

    def __init__(self, message: str, hint: str = "", line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.line = line
        self.column = column
