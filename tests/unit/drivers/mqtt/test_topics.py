"""Topic templates, filters, and the way from a topic to its device."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from drivers.mqtt.topics import Router, check_template, fewest, fill, matches, subscription

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine

LEVEL = st.text("ab/", min_size=0, max_size=5)
FILTER = st.lists(st.sampled_from(["a", "b", "", "+"]), min_size=1, max_size=4).flatmap(
    lambda levels: st.sampled_from(["/".join(levels), "/".join([*levels, "#"])])
)
TOPIC = st.lists(st.sampled_from(["a", "b", "", "$x"]), min_size=1, max_size=5).map("/".join).filter(bool)


def test_a_template_becomes_one_subscription_for_all_devices() -> None:
    assert subscription("park/{enterprise}/{device}/telemetry") == "park/+/+/telemetry"


def test_a_template_with_a_device_s_words_is_its_topic() -> None:
    assert fill("park/{enterprise}/{device}/x", device="m1", enterprise="acme") == "park/acme/m1/x"


@pytest.mark.parametrize(
    "template",
    [
        "",
        "a/#/b",
        "a#",
        "a/b+",
        "x{device}/y",
        "{device}/{device}",
        "{meter}/x",
        "a\0b",
        "/".join("a" * 40),
        "é" * 600,
        "{}",
    ],
)
def test_a_template_that_cannot_work_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match="topic"):
        check_template(template)


@pytest.mark.parametrize(
    "template", ["a", "a/+/b/#", "#", "{device}", "zigbee2mqtt/{device}", "/{enterprise}/{device}"]
)
def test_a_template_that_works_is_kept(template: str) -> None:
    assert check_template(template) == template


@patient
@given(FILTER, TOPIC)
def test_filters_match_as_paho_says(topic_filter: str, topic: str) -> None:
    assert matches(topic_filter, topic) == topic_matches_sub(topic_filter, topic)


@patient
@given(st.lists(FILTER, min_size=1, max_size=5), TOPIC)
def test_the_router_finds_exactly_those_whose_filter_matches(filters: list[str], topic: str) -> None:
    router = Router({one: (one,) for one in filters if one})
    expected = {one for one in filters if one and topic_matches_sub(one, topic)}
    assert set(router.find(topic)) == expected
    assert set(router.find(topic)) == expected  # and from its memory


@patient
@given(st.lists(FILTER, min_size=1, max_size=5), TOPIC)
def test_fewer_filters_take_in_the_same_topics(filters: list[str], topic: str) -> None:
    kept = fewest(filters)
    assert any(matches(one, topic) for one in kept) == any(matches(one, topic) for one in filters)
    assert not any(matches(one, other) for one in kept for other in kept if one != other)


def test_a_filter_that_another_one_covers_is_left_out() -> None:
    assert fewest(["a/+/x", "a/b/x", "a/b/y", "a/b/y"]) == ("a/+/x", "a/b/y")


def test_topics_of_strangers_are_not_remembered() -> None:
    router = Router({"a/+": ("known",)})
    assert all(router.find(f"b/{i}") == () for i in range(100))
    assert router._seen == {}
