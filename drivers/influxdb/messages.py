"""What a person is told when the server does not take the lines: what happened, where, and what to do next."""

from drivers.influxdb.config import Api, SinkOptions
from drivers.influxdb.policy import Cause, Keep
from gateway.core.errors import Unavailable

SLOW_RETRY_S = 30.0  # for what only a person can repair
PAUSE_S = 5.0  # between two bouts of isolating refused lines


def explain(keep: Keep, options: SinkOptions) -> Unavailable:
    """The error for a `Keep`, with the delay that the server asked for or that the cause deserves."""
    answer = keep.answer
    said = f"{answer.status}: {answer.reason}" if answer.reason else f"{answer.status}"
    message, hint = _words(keep.cause, said, options)
    delay_s = answer.retry_after_s
    if delay_s is None:
        delay_s = _DELAYS_S.get(keep.cause)
    return Unavailable(message, hint, retry_after_s=delay_s)


_DELAYS_S = {
    Cause.UNEXPECTED: SLOW_RETRY_S,
    Cause.REDIRECT: SLOW_RETRY_S,
    Cause.TOKEN: SLOW_RETRY_S,
    Cause.FORBIDDEN: SLOW_RETRY_S,
    Cause.MISSING: SLOW_RETRY_S,
    Cause.REFUSES_ALL: SLOW_RETRY_S,
    Cause.TOO_MANY: PAUSE_S,
}


def _words(cause: Cause, said: str, options: SinkOptions) -> tuple[str, str]:
    where = f"InfluxDB at {options.url}"
    match cause:
        case Cause.TOKEN:
            return f"{where} does not know the token or password ({said})", _sign_in_hint(options)
        case Cause.FORBIDDEN:
            return f"{where} does not let this token write ({said})", f"give it write permission for {options.target}"
        case Cause.MISSING:
            return f"{where} answers that something is missing ({said})", _missing_hint(said, options)
        case Cause.REDIRECT:
            return (
                f"{where} sends elsewhere instead of storing ({said})",
                "`url` must be the server itself: check http or https and the port; a log-in page of the network "
                "(captive portal) or a proxy answers like this too",
            )
        case Cause.UNEXPECTED:
            return (
                f"unexpected answer from {where} ({said})",
                "nothing counts as stored: check that `url` is InfluxDB itself and not a proxy or another service",
            )
        case Cause.BUSY:
            return f"{where} is busy ({said})", "everything is kept and sent later"
        case Cause.FAULT:
            return f"{where} has a fault ({said})", "everything is kept; see the server's log and its disk space"
        case Cause.REFUSES_ALL:
            return (
                f"{where} refuses every line, even the gateway's own heartbeat ({said})",
                f"check `org` and {options.target}, the server's disk and both clocks; nothing was given up",
            )
        case Cause.TOO_MANY:
            return (
                f"{where} refuses many lines, the latest with ({said})",
                "they are isolated step by step; a point whose type was changed is refused so until it is renamed",
            )


def _sign_in_hint(options: SinkOptions) -> str:
    if options.token is not None:
        return "check `token`: it must be valid on this server and may write to " + options.target
    if options.username:
        return "check `username` and `password`"
    return "set `token`" if options.api is not Api.V1 else "set `username` and `password`"


def _missing_hint(said: str, options: SinkOptions) -> str:
    if "org" in said.lower():
        return f"check `org` (now `{options.org}`): it must exist on the server, spelled alike"
    if "page not found" in said.lower():
        older = ", or `api: v1` for InfluxDB before 1.8" if options.api is Api.V2 else ""
        return f"this server has no api {options.api}: check `url` and `api`{older}"
    return f"create {options.target} on the server or correct its name"


def no_answer(options: SinkOptions, what: str) -> Unavailable:
    """No answer within the time or a connection that broke."""
    return Unavailable(
        f"InfluxDB at {options.url} gave no whole answer: {what}",
        "everything is kept and sent again; see whether the server is overloaded, or raise `timeout`",
    )


def unreachable(options: SinkOptions, what: str) -> Unavailable:
    """No connection at all."""
    return Unavailable(
        f"InfluxDB at {options.url} cannot be reached: {what}",
        "check that the server runs, and host, port and firewall; everything is kept until it answers",
    )


def not_trusted(options: SinkOptions, what: str) -> Unavailable:
    """TLS does not come about."""
    return Unavailable(
        f"InfluxDB at {options.url}: no trusted TLS connection: {what}",
        "set `ca` to the file of the authority that signed its certificate, check the host name in `url`, "
        "or write http where the server has no TLS",
        retry_after_s=SLOW_RETRY_S,
    )
