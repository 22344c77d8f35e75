"""One e-mail to one server, in a worker thread: the only file that touches smtplib."""

import contextlib
import smtplib
import socket
import ssl
from collections.abc import Callable

from drivers.outbound.worker import Worker
from drivers.smtp.config import ChannelOptions, Encryption
from gateway.core.errors import Rejected, Unavailable

_MAX_SAID = 200  # characters of an answer that are shown
_HELLO = "park-gateway"  # what the gateway calls itself; its own host name is nobody's business


class _Refusal(Exception):
    """The server said no, with its code."""

    def __init__(self, code: int, said: bytes | str, step: str) -> None:
        words = said.decode(errors="replace") if isinstance(said, bytes) else said
        super().__init__(f"{step}: {code} {' '.join(words.split())}"[:_MAX_SAID])
        self.code = code


class Call:
    """One conversation, for a thread; `abort` is for the time-out, from outside."""

    def __init__(self, options: ChannelOptions, make: Callable[[], bytes], taken: set[str]) -> None:
        """`taken`: recipients who have the message already; those who get it now are added."""
        self._options = options
        self._make = make
        self._taken = taken
        self._smtp: smtplib.SMTP | None = None

    def __call__(self) -> str:
        """Deliver; returns the server's answer and which recipients it refused."""
        options = self._options
        message = self._make()
        context = _context(options) if options.encryption is not Encryption.NONE else None
        smtp = self._smtp = _Tls(options, context) if options.encryption is Encryption.TLS else _Plain(options)
        try:
            code, said = smtp.connect(options.host, options.server_port)
            if code != 220:
                raise _Refusal(code, said, "greeting")
            if options.encryption is Encryption.STARTTLS:
                smtp.starttls(context=context)
            if options.username is not None and options.password is not None:
                smtp.login(options.username, options.password.reveal())
            return _deliver(smtp, options, message, self._taken)
        finally:
            _leave(smtp)

    def abort(self) -> None:
        """Make the thread's next read fail, so that it ends."""
        sock = getattr(self._smtp, "sock", None)
        if sock is not None:
            with contextlib.suppress(OSError):  # it has gone by itself
                sock.shutdown(socket.SHUT_RDWR)


def _context(options: ChannelOptions) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=options.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class _Plain(smtplib.SMTP):
    """Not connected by its constructor, which would leave the socket open where the greeting fails."""

    def __init__(self, options: ChannelOptions) -> None:
        super().__init__(timeout=options.timeout, local_hostname=_HELLO)
        self._host = options.host  # the name that smtplib checks certificates against


class _Tls(smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""

    def __init__(self, options: ChannelOptions, context: ssl.SSLContext | None) -> None:
        super().__init__(timeout=options.timeout, local_hostname=_HELLO, context=context)
        self._host = options.host


def _leave(smtp: smtplib.SMTP) -> None:
    """Good-bye without waiting for its answer: what was delivered must not become an error here."""
    with contextlib.suppress(OSError, smtplib.SMTPException):
        smtp.putcmd("QUIT")
    with contextlib.suppress(OSError):
        smtp.close()


def _deliver(smtp: smtplib.SMTP, options: ChannelOptions, message: bytes, taken: set[str]) -> str:
    """MAIL, RCPT and DATA step by step, for the answers that `sendmail` keeps to itself.

    Raises _Refusal where nobody takes it, and for those who take it later (4xx: greylisting) after the others have it.
    """
    smtp.ehlo_or_helo_if_needed()
    code, said = smtp.mail(options.sender)
    if code != 250:
        raise _Refusal(code, said, f"sender {options.sender}")
    refused: list[_Refusal] = []
    accepted: list[str] = []
    for recipient in dict.fromkeys((*options.to, *options.cc)):
        if recipient in taken:
            continue
        code, said = smtp.rcpt(recipient)
        if code in {250, 251}:
            accepted.append(recipient)
        else:
            refused.append(_Refusal(code, said, f"recipient {recipient}"))
    later = next((one for one in refused if one.code < 500), None)
    if not accepted and (later is not None or not taken):
        raise later or refused[0]
    answer = _data(smtp, message) if accepted else "250 the others have it"
    taken.update(accepted)
    if later is not None:
        raise later
    return "; ".join([answer, *(f"refused {one}" for one in refused)])


def _data(smtp: smtplib.SMTP, message: bytes) -> str:
    code, said = smtp.data(message)
    if code != 250:
        raise _Refusal(code, said, "message")
    return f"{code} {' '.join(said.decode(errors='replace').split())}"[:_MAX_SAID]


async def send(worker: Worker[str], options: ChannelOptions, make: Callable[[], bytes], taken: set[str]) -> str:
    """Make a message and deliver it to all recipients that are not in `taken`, and add them there; returns the
    server's answer and which it refused.

    Raises `Unavailable` (no connection, 4xx) or `Rejected` (5xx), within the time-out.
    """
    call = Call(options, make, taken)
    where = f"mail server {options.host}:{options.server_port}"
    if worker.is_busy:
        raise Unavailable(f"{where} still has an earlier message", "does it answer?", retry_after_s=options.timeout)
    try:
        return await worker.run(call, options.timeout)
    except TimeoutError:
        call.abort()
        hint = "check host, port and `encryption`: a server that expects TLS stays silent without it"
        raise Unavailable(f"{where} gave no answer within {options.timeout:g} s", hint) from None
    except _Refusal as error:
        raise _refused(where, error.code, str(error)) from None
    except smtplib.SMTPException as error:
        raise _failed(where, error, options) from None
    except OSError as error:
        raise _unreachable(where, error) from None


def _failed(where: str, error: smtplib.SMTPException, options: ChannelOptions) -> Unavailable | Rejected:
    """What smtplib itself found."""
    if isinstance(error, smtplib.SMTPNotSupportedError):
        hint = "check `encryption` and `port`" if options.encryption is Encryption.STARTTLS else "check `username`"
        return Rejected(f"{where} cannot do what is asked of it: {error}", hint)
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        step = "log-in" if isinstance(error, smtplib.SMTPAuthenticationError) else "conversation"
        return _refused(where, error.smtp_code, str(_Refusal(error.smtp_code, said, step)))
    return Unavailable(f"{where} broke off: {error}"[:_MAX_SAID], "it is sent again")


def _refused(where: str, code: int, said: str) -> Unavailable | Rejected:
    """4xx: not now; 5xx: never (RFC 5321, 4.2.1). -1 is smtplib's word for an answer that is none."""
    if code >= 500:
        hint = "check `username` and `password`" if code in {530, 534, 535} else "see what the server says"
        return Rejected(f"{where} refuses the {said}", hint)
    return Unavailable(f"{where} does not take the message now, {said}", "it is sent again")


def _unreachable(where: str, error: OSError) -> Unavailable:
    if isinstance(error, ssl.SSLCertVerificationError):
        hint = "set `ca` to the authority that signed its certificate, or write the host name that is in it"
        return Unavailable(f"{where}: no trusted connection: {error.verify_message}", hint)
    if isinstance(error, ssl.SSLError):
        return Unavailable(f"{where}: no TLS: {error.reason or error}", "check `encryption` and `port`")
    return Unavailable(f"{where} cannot be reached: {error.strerror or error}", "check host, port and firewall")
