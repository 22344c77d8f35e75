"""What the user may write for a webhook, and what he is told otherwise."""

import pytest
from pydantic import ValidationError

from drivers.webhook.config import ChannelOptions, Format
from drivers.webhook.encode import target

URL = "http://10.0.0.7:9000/hook"


def options(**more: object) -> ChannelOptions:
    return ChannelOptions.model_validate({"url": URL, **more})


def test_the_shortest_configuration_posts_our_own_json_into_the_parks_network() -> None:
    chosen = options()
    assert (chosen.format, chosen.allow_private, chosen.allow_loopback, chosen.timeout) == (
        Format.PARK,
        True,
        False,
        10,
    )


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ({"url": None}, "write `url`, or `secret_url`"),
        ({"secret_url": URL}, "one of them"),
        ({"url": "http://u:pw@host/"}, "no user or password"),
        ({"secret": "short"}, "fewer than 8"),
        ({"headers": {"X Y": "1"}}, "no name of a header"),
        ({"headers": {"X-Y": "a\r\nHost: evil"}}, "line end"),
        ({"headers": {"Content-Type": "text/html"}}, "set by the gateway"),
        ({"headers": {"host": "evil"}}, "set by the gateway"),
        ({"timeout": "20 s"}, "less than or equal to 14"),
        ({"keep_firing": "1 s"}, "greater than or equal to 300"),
        ({"format": "slack"}, "alertmanager-api"),
        ({"urls": []}, "Extra inputs"),
    ],
)
def test_a_mistake_is_explained(given: dict[str, object], advice: str) -> None:
    with pytest.raises(ValidationError) as caught:
        options(**given)
    assert advice in str(caught.value)


def test_no_secret_shows_in_the_options() -> None:
    chosen = ChannelOptions.model_validate(
        {"secret_url": "https://x.example/planted1", "secret": "planted22", "headers": {"X-Token": "planted3"}}
    )
    assert "planted" not in f"{chosen!r} {chosen.model_dump_json()}"


@pytest.mark.parametrize(
    ("url", "posted_to"),
    [
        ("http://am:9093", "http://am:9093/api/v2/alerts"),
        ("http://am:9093/", "http://am:9093/api/v2/alerts"),
        ("http://am:9093/prefix/", "http://am:9093/prefix/api/v2/alerts"),
        ("http://am:9093/api/v2/alerts", "http://am:9093/api/v2/alerts"),
    ],
)
def test_an_alertmanager_is_written_with_or_without_its_path(url: str, posted_to: str) -> None:
    assert target(options(url=url, format="alertmanager-api")) == posted_to
    assert target(options(url=url)) == url
