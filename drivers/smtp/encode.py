"""A notice as an e-mail. Pure: the same notice makes the same message, whenever it is sent."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256

from drivers.outbound.text import cut, header_id, letter, single_line
from drivers.smtp.config import ChannelOptions
from gateway.core.alarm import ANNUNCIATING, Priority
from gateway.core.notice import Notice

MAX_SUBJECT = 200  # bytes; more is cut by every reader
MAX_TEXT = 50_000  # bytes


def encode(notice: Notice, options: ChannelOptions, language: str) -> bytes:
    """The whole message. Untrusted text stands in the body and, as one clean line, in the subject; nowhere else."""
    told = letter(notice, language)
    message = EmailMessage(policy=SMTP)
    message["From"] = options.sender
    message["To"] = ", ".join(options.to)
    if options.cc:
        message["Cc"] = ", ".join(options.cc)
    message["Subject"] = cut(f"{single_line(options.subject_prefix)} {told.title}".strip(), MAX_SUBJECT)
    message["Date"] = format_datetime(datetime.fromtimestamp(notice.time_ns // 1_000_000_000, UTC))
    message["Message-ID"] = message_id(notice, options)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice answers an alarm
    message["X-Auto-Response-Suppress"] = "All"  # the same for Exchange
    message["X-Park-Notice"] = header_id(notice.id)
    if _is_urgent(notice):
        message["Importance"] = "high"
    text = "\n\n".join(part for part in (*told.texts, told.url) if part) or told.title
    message.set_content(cut(text, MAX_TEXT) + "\n", charset="utf-8", cte="base64")  # lines of any length survive
    return message.as_bytes()


def message_id(notice: Notice, options: ChannelOptions) -> str:
    """Derived from the notice, so that a receiver can drop a repetition (RFC 5322, 3.6.4)."""
    origin = f"{notice.site}\0{notice.id}".encode(errors="surrogatepass")
    return f"<{sha256(origin).hexdigest()[:40]}@{options.sender.rpartition('@')[2]}>"


def _is_urgent(notice: Notice) -> bool:
    return any(event.priority is Priority.HIGH and event.transition in ANNUNCIATING for event in notice.events)
