"""What the user may write for an e-mail channel, and what he is told otherwise."""

import pytest
from pydantic import ValidationError

from drivers.smtp.config import ChannelOptions

GIVEN = {"host": "mail.park.example", "from": "gateway@park.example", "to": ["shift@park.example"]}


@pytest.mark.parametrize(("encryption", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_the_port_follows_from_the_encryption(encryption: str, port: int) -> None:
    assert ChannelOptions.model_validate({**GIVEN, "encryption": encryption}).server_port == port


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ({"to": []}, "at least 1 item"),
        ({"to": ["Shift <shift@park.example>"]}, "not an e-mail address"),
        ({"to": ["shift@park.example\r\nRCPT TO:<x@evil.example>"]}, "not an e-mail address"),
        ({"to": ["a@b@c.example"]}, "not an e-mail address"),
        ({"from": "gateway"}, "not an e-mail address"),
        ({"username": "u"}, "go together"),
        ({"username": "u", "password": "p", "encryption": "none"}, "everybody on the way"),
        ({"username": "u", "password": "päss"}, "foreign character"),
        ({"encryption": "none", "ca": "/x.pem"}, "remove one"),
        ({"host": "mail.park.example:25"}, "expected a host name"),
        ({"timeout": "30 s"}, "less than or equal to 14"),
        ({"sender": "x@y.example"}, "Extra inputs"),
    ],
)
def test_a_mistake_is_explained(given: dict[str, object], advice: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ChannelOptions.model_validate({**GIVEN, **given})
    assert advice in str(caught.value)
