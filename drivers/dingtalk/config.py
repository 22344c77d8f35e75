"""What the user writes for a DingTalk channel."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from drivers.outbound.options import HttpOptions, checked_robot_url
from gateway.config.types import Secret

_EXAMPLE = "https://oapi.dingtalk.com/robot/send?access_token=..."

Mobile = Annotated[str, StringConstraints(pattern=r"^\+?[0-9-]{5,20}$")]


def _checked(secret: Secret) -> Secret:
    if "access_token=" not in secret.reveal():
        raise ValueError(f"the robot's whole address is needed, with its token: `{_EXAMPLE}`")
    return checked_robot_url(secret, _EXAMPLE)


class ChannelOptions(HttpOptions):
    """One custom robot. `webhook` is the address that DingTalk shows for it."""

    webhook: Annotated[Secret, AfterValidator(_checked)]
    secret: Secret | None = Field(None, description="of the security setting `sign` (加签), starts with SEC")
    keyword: str = Field("", max_length=50, description="of the security setting `keywords`; stands in every message")
    at_mobiles: tuple[Mobile, ...] = Field((), max_length=50, description="mobile numbers of people to mention")
    at_all: bool = False
