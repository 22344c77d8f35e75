"""A notice as the JSON of a Feishu bot, and its signature. Pure.

A `post` has no markup in its texts. In a `text` Feishu reads `<at ...>`, so `<` is replaced by its full-width form.
"""

import hmac
from base64 import b64encode
from hashlib import sha256
from typing import Any

import orjson

from drivers.feishu.config import ChannelOptions, Format
from drivers.outbound.text import Letter, as_it_is, fitted, letter
from gateway.core.notice import Notice

MAX_TEXT = 8000  # bytes; the provider takes 20 KB for the whole request, where JSON may double a character
_MAX_TITLE = 300
_ALL = "all"


def encode(notice: Notice, options: ChannelOptions, language: str, time_ns: int) -> bytes:
    """The request body, signed for `time_ns` (UTC) where there is a secret."""
    told = letter(notice, language)
    message = _post(told, options) if options.format is Format.POST else _text(told, options)
    if options.secret is not None:
        timestamp_s = time_ns // 1_000_000_000
        message["timestamp"] = str(timestamp_s)
        message["sign"] = sign(options.secret.reveal(), timestamp_s)
    return orjson.dumps(message)


def sign(secret: str, timestamp_s: int) -> str:
    """base64 of HMAC-SHA256 over nothing, with `<seconds>\\n<secret>` as the key.

    Source: Feishu, "custom bot usage guide, signature verification"; the time may differ from theirs by an hour.
    """
    return b64encode(hmac.new(f"{timestamp_s}\n{secret}".encode(), b"", sha256).digest()).decode()


def escape(text: str) -> str:
    """Untrusted text so that it mentions nobody."""
    return text.replace("<", "＜")


def _mentioned(options: ChannelOptions) -> tuple[str, ...]:
    return (*options.at_users, *((_ALL,) if options.at_all else ()))


def _post(told: Letter, options: ChannelOptions) -> dict[str, Any]:
    texts = fitted(told.texts, MAX_TEXT, as_it_is)
    lines = [[{"tag": "text", "text": text}] for text in (*texts, options.keyword) if text]
    if told.url.startswith(("http://", "https://")):
        lines.append([{"tag": "a", "text": told.url[:_MAX_TITLE], "href": told.url[:_MAX_TITLE]}])
    if mentioned := _mentioned(options):
        lines.append([{"tag": "at", "user_id": user} for user in mentioned])
    title = " / ".join(fitted(told.titles, _MAX_TITLE, as_it_is))
    return {"msg_type": "post", "content": {"post": {"zh_cn": {"title": title, "content": lines}}}}


def _text(told: Letter, options: ChannelOptions) -> dict[str, Any]:
    title = " / ".join(fitted(told.titles, _MAX_TITLE, escape))
    mentions = " ".join(f'<at user_id="{user}"></at>' for user in _mentioned(options))
    parts = [title, *fitted(told.texts, MAX_TEXT, escape), told.url[:_MAX_TITLE], options.keyword, mentions]
    return {"msg_type": "text", "content": {"text": "\n\n".join(part for part in parts if part)}}
