"""The Apprise channel's own parts: is it installed, what its log means, what must not show."""

import pytest
from pydantic import ValidationError

from drivers.apprise.client import check_installed
from drivers.apprise.config import ChannelOptions
from drivers.apprise.encode import encode, is_final, secrets_of
from drivers.outbound.answer import hidden
from gateway.core.errors import ConfigError
from tests.contract.notifier_suite import HOSTILE, NOTICE, hostile


def test_a_missing_package_is_named_with_the_command_that_installs_it() -> None:
    with pytest.raises(ConfigError, match=r"pip install 'park-gateway\[apprise\]'"):
        check_installed(lambda name: None)
    check_installed()


@pytest.mark.parametrize(
    ("log", "final"),
    [
        ("Failed to send JSON POST notification: Forbidden., error=403.", True),
        ("Failed to send: Too many requests., error=429.", False),
        ("Failed to send: error=500.", False),
        ("first error=404. second error=503.", False),
        ("A Connection error occurred sending JSON notification", False),
        ("", False),
    ],
)
def test_only_a_status_that_stays_is_final(log: str, final: bool) -> None:
    assert is_final(log) is final


def test_no_part_of_an_address_shows() -> None:
    secrets = secrets_of(("tgram://bottoken:part2/chatid?x=another",))
    assert hidden("POST to bottoken:part2 chatid another", secrets) == "POST to ***:*** *** ***"


@pytest.mark.parametrize("urls", [[], ["no address"], ["json://x\n"]])
def test_a_mistake_is_explained_without_the_address(urls: list[str]) -> None:
    with pytest.raises(ValidationError):
        ChannelOptions.model_validate({"urls": urls})


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_message_has_a_body_of_bounded_size(text: str) -> None:
    message = encode(hostile(text), "both")
    assert message.body
    assert len(message.body.encode()) <= 16_000
    assert len(message.title.encode()) <= 250


def test_the_same_notice_is_the_same_message() -> None:
    assert encode(NOTICE, "en") == encode(NOTICE, "en")
