"""What is told to somebody who does not get in, or asks for what is not there."""

import math

from gateway.core.errors import GatewayError


class NotSignedIn(GatewayError):
    """Wrong name, password, code or link: which of them it was is not told."""


class Unknown(GatewayError):
    """There is no account, session or key of this name."""


class Wait(GatewayError):
    """Too many tries: after `wait_s` the next one is looked at."""

    def __init__(self, wait_s: float) -> None:
        self.wait_s = max(1, math.ceil(wait_s))
        super().__init__(f"too many tries: wait {_words(self.wait_s)}", "then try again; nobody is locked out for ever")


def _words(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} s"
    return f"{math.ceil(seconds / 60)} min"
