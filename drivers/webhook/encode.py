"""A notice as the request that a webhook posts. Pure."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from drivers.outbound import document
from drivers.outbound.text import header_id
from drivers.webhook import alertmanager
from drivers.webhook.config import ChannelOptions, Format
from drivers.webhook.sign import HEADER, signature
from gateway.core.notice import Notice

_API_PATH = "/api/v2/alerts"


def encode_body(notice: Notice, options: ChannelOptions, channel: str, language: str) -> bytes:
    """The body, the same whenever the same notice is sent."""
    match options.format:
        case Format.PARK:
            return document.encode(notice)
        case Format.ALERTMANAGER:
            return alertmanager.webhook(notice, channel, language)
        case Format.ALERTMANAGER_API:
            return alertmanager.api(notice, language, options.keep_firing)


def encode_headers(notice: Notice, options: ChannelOptions, body: bytes, now_ns: int) -> Mapping[str, str]:
    """The headers; the signature is of `now_ns` (UTC), so that a receiver can refuse old requests."""
    headers = {name: value.reveal() for name, value in options.headers.items()}
    headers["Content-Type"] = "application/json; charset=utf-8"
    headers["Idempotency-Key"] = header_id(notice.id)
    if options.secret is not None:
        headers[HEADER] = signature(options.secret.reveal(), now_ns // 1_000_000_000, body)
    return headers


def target(options: ChannelOptions) -> str:
    """The address to post to: an Alertmanager may be written without the path of its API."""
    address = options.address
    if options.format is Format.ALERTMANAGER_API and not urlsplit(address).query:
        base = address.rstrip("/")
        return base if base.endswith(_API_PATH) else base + _API_PATH
    return address
