"""What the user writes for a Feishu or Lark channel."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from drivers.outbound.options import HttpOptions, checked_robot_url
from gateway.config.types import Secret

_EXAMPLE = "https://open.feishu.cn/open-apis/bot/v2/hook/..."

UserId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


class Format(StrEnum):
    """How a message looks."""

    POST = "post"  # with a title
    TEXT = "text"


def _checked(secret: Secret) -> Secret:
    if "/hook/" not in secret.reveal():
        raise ValueError(f"the bot's whole address is needed: `{_EXAMPLE}` (Lark: open.larksuite.com)")
    return checked_robot_url(secret, _EXAMPLE)


class ChannelOptions(HttpOptions):
    """One custom bot. `webhook` is the address that Feishu shows for it."""

    webhook: Annotated[Secret, AfterValidator(_checked)]
    secret: Secret | None = Field(None, description="of the security setting `signature verification` (签名校验)")
    keyword: str = Field("", max_length=50, description="of the security setting `keywords`; stands in every message")
    format: Format = Format.POST
    at_users: tuple[UserId, ...] = Field((), max_length=50, description="open ids or user ids of people to mention")
    at_all: bool = False
