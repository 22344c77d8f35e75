"""A notice as the JSON of a WeCom group robot. Pure.

WeCom documents no escape for its Markdown, so characters that make a link, a mention or a colour are replaced by their
full-width forms, which look alike and mean nothing to it.
"""

import re

import orjson

from drivers.outbound.text import as_it_is, fitted, letter, size
from drivers.wecom.config import ChannelOptions, Format
from gateway.core.notice import Notice

MAX_MARKDOWN, MAX_TEXT = 4096, 2048  # bytes of UTF-8 (developer.work.weixin.qq.com/document/path/91770)
_MAX_TITLE = 400  # bytes, of all titles
_FULL_WIDTH = str.maketrans({"<": "＜", "[": "［", "]": "］", "`": "｀", "*": "＊"})
_AT_START = re.compile(r"^(\s*)([>#])", re.MULTILINE)
_AT_START_FORMS = {">": "＞", "#": "＃"}


def encode(notice: Notice, options: ChannelOptions, language: str) -> bytes:
    """The request body; the content is cut to the provider's limit."""
    if options.format is Format.MARKDOWN:
        content = _markdown(notice, language)
        return orjson.dumps({"msgtype": "markdown", "markdown": {"content": content}})
    text = {
        "content": _text(notice, language),
        "mentioned_list": options.mentioned,
        "mentioned_mobile_list": options.mentioned_mobiles,
    }
    return orjson.dumps({"msgtype": "text", "text": {name: value for name, value in text.items() if value}})


def escape(text: str) -> str:
    """Untrusted text so that it stays text inside WeCom's Markdown."""
    return _AT_START.sub(lambda found: found[1] + _AT_START_FORMS[found[2]], text.translate(_FULL_WIDTH))


def _markdown(notice: Notice, language: str) -> str:
    told = letter(notice, language)
    color = "warning" if notice.firing else "info"
    title = " / ".join(fitted(told.titles, _MAX_TITLE, escape))
    parts = [f'**<font color="{color}">{title}</font>**']
    left = MAX_MARKDOWN - size(parts[0]) - size(told.url[:_MAX_TITLE]) - 2 * (len(told.texts) + 1)
    parts += fitted(told.texts, left, escape)
    return "\n\n".join([*parts, told.url[:_MAX_TITLE]]).strip()


def _text(notice: Notice, language: str) -> str:
    told = letter(notice, language)
    title = " / ".join(fitted(told.titles, _MAX_TITLE))
    left = MAX_TEXT - size(title) - size(told.url[:_MAX_TITLE]) - 2 * (len(told.texts) + 1)
    parts = [title, *fitted(told.texts, left, as_it_is), told.url[:_MAX_TITLE]]
    return "\n\n".join(parts).strip()
