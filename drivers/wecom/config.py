"""What the user writes for a WeCom channel."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from drivers.outbound.options import HttpOptions, checked_robot_url
from gateway.config.types import Secret

_EXAMPLE = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=..."


class Format(StrEnum):
    """How a message looks. Only text can mention people."""

    MARKDOWN = "markdown"
    TEXT = "text"


def _checked(secret: Secret) -> Secret:
    if "key=" not in secret.reveal():
        raise ValueError(f"the robot's whole address is needed, with its key: `{_EXAMPLE}`")
    return checked_robot_url(secret, _EXAMPLE)


class ChannelOptions(HttpOptions):
    """One group robot. `webhook` is the address that WeCom shows for it."""

    webhook: Annotated[Secret, AfterValidator(_checked)]
    format: Format = Format.MARKDOWN
    mentioned: tuple[str, ...] = Field((), max_length=50, description="user ids, `@all` for everybody; only with text")
    mentioned_mobiles: tuple[str, ...] = Field((), max_length=50, description="mobile numbers; only with text")

    @model_validator(mode="after")
    def _mentions_in_text(self) -> Self:
        if (self.mentioned or self.mentioned_mobiles) and self.format is not Format.TEXT:
            raise ValueError("WeCom mentions people in text only: set `format: text`, or remove `mentioned`")
        return self
