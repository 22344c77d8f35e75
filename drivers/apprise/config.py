"""What the user writes for a channel through Apprise."""

from typing import Annotated

from pydantic import AfterValidator, Field

from gateway.config import driver
from gateway.config.types import Duration, HintedError, Secret

MAX_TIMEOUT_S = 14.0  # a channel answers within 15 s


def _checked(secret: Secret) -> Secret:
    text = secret.reveal()
    if "://" not in text or not text.isprintable():
        raise HintedError("not an address of Apprise", "like `bark://host/key`; its documentation lists all services")
    return secret


class ChannelOptions(driver.ChannelOptions):
    """One message to every one of these services. They hold keys, so all of them are secrets."""

    urls: tuple[Annotated[Secret, AfterValidator(_checked)], ...] = Field(min_length=1, max_length=20)
    timeout: Duration = Field(12.0, gt=0, le=MAX_TIMEOUT_S, description="for one message to all of the services")
