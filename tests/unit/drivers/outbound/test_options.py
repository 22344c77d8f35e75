"""Addresses as people write them, and what may be shown of them."""

import pytest
from pydantic import ValidationError

from drivers.outbound.options import HttpOptions, checked_url, origin, shown_url, url_secrets


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.5:9093/x",
        "https://alerts.example",
        "https://[fd00::12]:8443/hook?key=1",
        "HTTPS://Alerts.example/",
    ],
)
def test_good_addresses_are_taken(url: str) -> None:
    assert checked_url(url, "example").hostname


@pytest.mark.parametrize(
    "url",
    [
        "",
        "alerts.example/x",
        "ftp://alerts.example",
        "file:///etc/passwd",
        "gopher://10.0.0.1",
        "unix:///run/x.sock",
        "http://",
        "http:///x",
        "http://user:pw@alerts.example",
        "http://alerts.example@evil.example",
        "http://alerts.example/#x",
        "http://alerts.example/a b",
        "http://alerts.example/\nx",
        "http://alerts.example:99999/",
        "http://alerts.example:x/",
        "http://告警.example/",
        "http://127.1/",
        "http://2130706433/",
        "http://[::1/",
        "http://bad..example/",
    ],
)
def test_other_addresses_are_explained_without_being_shown(url: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        checked_url(url, "https://example/hook")
    assert "pw" not in str(caught.value)


def test_nothing_of_path_and_query_shows_where_they_hold_a_key() -> None:
    url = "https://open.feishu.cn:443/open-apis/bot/v2/hook/3f2b-long-enough?key=k%2B1"
    assert origin(url) == "https://open.feishu.cn:443"
    assert shown_url(url) == "https://open.feishu.cn:443/open-apis/bot/v2/hook/3f2b-long-enough"
    assert {"3f2b-long-enough", "k+1", "key=k%2B1", url} <= set(url_secrets(url))


@pytest.mark.parametrize("timeout", ["0 s", "15 s"])
def test_a_channel_ends_within_its_contract(timeout: str) -> None:
    with pytest.raises(ValidationError):
        HttpOptions.model_validate({"timeout": timeout})
