"""A notice as the JSON of a DingTalk robot, and the signature of the request. Pure.

DingTalk documents no escape for its Markdown, so characters that make links, images and emphasis are replaced by their
full-width forms, which look alike and mean nothing to it.
"""

import hmac
import re
from base64 import b64encode
from hashlib import sha256
from urllib.parse import quote_plus

import orjson

from drivers.dingtalk.config import ChannelOptions
from drivers.outbound.text import fitted, letter
from gateway.core.notice import Notice

MAX_TEXT = 8000  # bytes; the provider takes 20,000 for the whole request, where JSON may double a character
_MAX_TITLE = 300
_FULL_WIDTH = str.maketrans({"<": "＜", "[": "［", "]": "］", "`": "｀", "*": "＊", "|": "｜", "~": "～"})
_AT_START = re.compile(r"^(\s*)([>#+=-])", re.MULTILINE)
_AT_START_FORMS = {">": "＞", "#": "＃", "+": "＋", "=": "＝", "-": "－"}


def encode(notice: Notice, options: ChannelOptions, language: str) -> bytes:
    """The request body. People are mentioned only by the options, never by what stands in the notice."""
    told = letter(notice, language)
    title = " / ".join(fitted(told.titles, _MAX_TITLE, escape))
    texts = [_lines(text) for text in fitted(told.texts, MAX_TEXT, escape)]
    mentions = " ".join(f"@{mobile}" for mobile in options.at_mobiles)
    parts = [f"#### {title}", *texts, told.url[:_MAX_TITLE], options.keyword, mentions]
    at = {"atMobiles": options.at_mobiles, "isAtAll": options.at_all}
    text = "\n\n".join(part for part in parts if part)
    return orjson.dumps({"msgtype": "markdown", "markdown": {"title": title, "text": text}, "at": at})


def escape(text: str) -> str:
    """Untrusted text so that it stays text inside DingTalk's Markdown."""
    return _AT_START.sub(lambda found: found[1] + _AT_START_FORMS[found[2]], text.translate(_FULL_WIDTH))


def _lines(text: str) -> str:
    """A single line feed is no line break in its Markdown; two blanks before it make it one."""
    return text.replace("\n", "  \n")


def signed_query(secret: str, time_ns: int) -> str:
    """`&timestamp=...&sign=...`: HMAC-SHA256 of `<milliseconds>\\n<secret>` with the secret as the key, base64.

    Source: DingTalk, "custom robot, security settings"; the time may differ from theirs by an hour.
    """
    timestamp_ms = time_ns // 1_000_000
    mac = hmac.new(secret.encode(), f"{timestamp_ms}\n{secret}".encode(), sha256)
    return f"&timestamp={timestamp_ms}&sign={quote_plus(b64encode(mac.digest()))}"
