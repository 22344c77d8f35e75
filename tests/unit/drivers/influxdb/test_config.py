"""What the user may write for an InfluxDB sink, and what he is told otherwise."""

import pytest
from pydantic import ValidationError

from drivers.influxdb.config import Api, SinkOptions
from drivers.influxdb.messages import explain
from drivers.influxdb.policy import Cause, Keep
from drivers.influxdb.transport import Answer

URL = "http://127.0.0.1:8086"


def options(**more: object) -> SinkOptions:
    return SinkOptions.model_validate({"url": URL, **more})


def test_the_shortest_configuration_is_api_v2_with_good_defaults() -> None:
    chosen = options(bucket="park")
    assert (chosen.api, chosen.max_lines, chosen.max_body, chosen.gzip) == (Api.V2, 5000, 1 << 20, True)
    assert (chosen.timeout, chosen.verify_tls) == (10.0, True)


@pytest.mark.parametrize("url", ["http://influx:8086/", "https://influx.example/influx", "http://[::1]:8086"])
def test_addresses_are_taken_without_their_last_slash(url: str) -> None:
    assert options(url=url, bucket="b").url == url.rstrip("/")


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "224.0.0.1", "0.0.0.0", "[::ffff:169.254.169.254]"])
def test_the_neighbours_of_the_machine_are_no_database(host: str) -> None:
    with pytest.raises(ValueError, match="metadata addresses are no database"):
        options(url=f"http://{host}:8086", bucket="b")


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ({}, "`bucket` is missing"),
        ({"api": "v1"}, "`database` is missing"),
        ({"api": "v3"}, "`database` is missing"),
        ({"bucket": "b", "database": "d"}, "`database` and `retention_policy` belong to"),
        ({"api": "v1", "database": "d", "bucket": "b"}, "`bucket` and `org` belong to"),
        ({"api": "v3", "database": "d", "retention_policy": "r"}, "`retention_policy` belongs to"),
        ({"bucket": "b", "username": "u", "password": "p"}, "token: user:password"),
        ({"api": "v1", "database": "d", "username": "u"}, "go together"),
        ({"api": "v1", "database": "d", "username": "u", "password": "p", "token": "t"}, "not both"),
        ({"bucket": "b", "url": "influx:8086"}, "like `http://"),
        ({"bucket": "b", "url": "http://u:secret@influx"}, "no user or password in the address"),
        ({"bucket": "b", "url": "http://influx?db=x"}, "write `bucket` or `database`"),
        ({"bucket": "b", "url": "http://influx/api/v2/write"}, "the write path follows from `api`"),
        ({"bucket": "b", "timeout": "0 s"}, "greater than 0"),
        ({"bucket": "b", "max_body": "1 GiB"}, "less than or equal to 10485760"),
        ({"bucket": "b", "url": "http://not a host!!:8086"}, "not a host name"),
        ({"bucket": "b", "max_lines": 0}, "greater than or equal to 1"),
        ({"bucket": "b", "verify_tls": False, "ca": "ca.pem"}, "`ca` without verification"),
        ({"bucket": "b", "token": "secret\n"}, "line end"),
        ({"bucket": "b", "token": ""}, "empty"),
        ({"bucket": "b", "buckets": "x"}, "Extra inputs"),
    ],
)
def test_a_mistake_is_explained(given: dict[str, object], advice: str) -> None:
    with pytest.raises(ValidationError) as caught:
        options(**given)
    assert advice in str(caught.value)


def test_secrets_never_show() -> None:
    chosen = options(bucket="b", token="very-secret")
    assert "very-secret" not in f"{chosen!r} {chosen} {chosen.model_dump()} {chosen.model_dump_json()}"
    assert chosen.token is not None
    assert chosen.token.reveal() == "very-secret"


@pytest.mark.parametrize("cause", Cause)
@pytest.mark.parametrize("target", [{"bucket": "park", "token": "hush"}, {"api": "v1", "database": "park"}])
def test_every_message_names_the_server_and_says_what_to_do(cause: Cause, target: dict[str, object]) -> None:
    error = explain(Keep(cause, Answer(499, "the server's words")), options(**target))
    assert URL in error.message
    assert "the server's words" in error.message
    assert error.hint
    assert "hush" not in str(error)


@pytest.mark.parametrize(
    ("reason", "advice"),
    [
        ('organization name "x" not found', "check `org`"),
        ("404 page not found", "`api: v1` for InfluxDB before 1.8"),
        ('bucket "park" not found', "create bucket `park`"),
    ],
)
def test_a_404_says_which_thing_is_missing(reason: str, advice: str) -> None:
    assert advice in explain(Keep(Cause.MISSING, Answer(404, reason)), options(bucket="park")).hint


def test_the_servers_own_delay_goes_before_ours() -> None:
    assert explain(Keep(Cause.BUSY, Answer(503, retry_after_s=7.0)), options(bucket="b")).retry_after_s == 7.0
    assert explain(Keep(Cause.BUSY, Answer(503)), options(bucket="b")).retry_after_s is None
