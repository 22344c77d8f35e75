"""Errors, named after what to do next. Each carries a hint for a person."""


class GatewayError(Exception):
    """Base of the gateway's own errors: a message that says what happened, a hint that says what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class ConfigError(GatewayError):
    """The configuration must be changed; trying again does not help. Ends commands with exit code 78."""


class Unavailable(GatewayError):
    """Not now: nothing was delivered; keep it, try again, not before `retry_after_s` where the other side said so."""

    def __init__(self, message: str, hint: str = "", *, retry_after_s: float | None = None) -> None:
        super().__init__(message, hint)
        self.retry_after_s = retry_after_s


class Rejected(GatewayError):
    """Refused for good: trying the same again does not help."""
