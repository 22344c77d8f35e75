"""Topic templates: `park/{enterprise}/{device}/telemetry` becomes a subscription, and a topic becomes its device."""

import re
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

MAX_LEVELS = 32
_CAPTURE = re.compile(r"\{([a-z]+)\}")
_CAPTURES = frozenset({"device", "enterprise"})
_CACHED_TOPICS = 20_000  # topics that a wildcard took in, remembered; a few MB at the most

T = TypeVar("T")


def check_template(template: str) -> str:
    """The template itself. Raises ValueError where no broker would accept it or a capture could not be told apart."""
    levels = template.split("/")
    if not template or "\0" in template or len(template.encode()) > 1024 or len(levels) > MAX_LEVELS:
        raise ValueError(f"a topic has 1 to 1,024 bytes and at most {MAX_LEVELS} levels")
    if "#" in template and (levels[-1] != "#" or template.count("#") > 1):
        raise ValueError(f"topic `{template}`: `#` stands alone at the end")
    if any("+" in level and level != "+" for level in levels):
        raise ValueError(f"topic `{template}`: `+` fills a whole level between slashes")
    _check_captures(template, levels)
    return template


def _check_captures(template: str, levels: list[str]) -> None:
    for level in levels:
        capture = _CAPTURE.fullmatch(level)
        if capture is None and ("{" in level or "}" in level):
            raise ValueError(f"topic `{template}`: a capture like {{device}} fills a whole level between slashes")
        if capture is not None and capture[1] not in _CAPTURES:
            raise ValueError(f"topic `{template}`: unknown capture {level}; known are {{device}} and {{enterprise}}")
    if any(levels.count(f"{{{name}}}") > 1 for name in _CAPTURES):
        raise ValueError(f"topic `{template}`: {{device}} and {{enterprise}} may each stand there once")


def fill(template: str, *, device: str, enterprise: str) -> str:
    """The template with the device's own words in it; `+` and `#` stay."""
    return template.replace("{device}", device).replace("{enterprise}", enterprise)


def subscription(template: str) -> str:
    """What to subscribe to for a template: every capture becomes `+`."""
    return _CAPTURE.sub("+", template)


def matches(topic_filter: str, topic: str) -> bool:
    """True where a subscription takes in a topic, or everything that another subscription takes in (MQTT 5.0, 4.7)."""
    wanted, given = topic_filter.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in {"+", "#"}:
        return False
    for i, level in enumerate(wanted):
        if level == "#":
            return True
        if i >= len(given) or given[i] == "#" or level not in {"+", given[i]}:
            return False
    return len(wanted) == len(given)


def fewest(filters: Iterable[str]) -> tuple[str, ...]:
    """The filters without those that another one covers, in their order: overlapping ones may deliver twice."""
    unique = tuple(dict.fromkeys(filters))
    wide = [f for f in unique if "+" in f or "#" in f]
    return tuple(f for f in unique if not any(other != f and matches(other, f) for other in wide))


class _Node(Generic[T]):
    """One level of the tree of filters that hold wildcards."""

    __slots__ = ("below", "here")

    def __init__(self) -> None:
        self.below: dict[str, _Node[T]] = {}
        self.here: tuple[T, ...] = ()

    def plant(self, levels: list[str], found: tuple[T, ...]) -> None:
        node = self
        for level in levels:
            node = node.below.setdefault(level, _Node())
        node.here = (*node.here, *found)

    def find(self, levels: list[str], at: int = 0) -> list[T]:
        below = self.below
        hidden = at == 0 and levels[0].startswith("$")  # wildcards do not take in $SYS (MQTT 5.0, 4.7.2)
        found = list(below["#"].here) if "#" in below and not hidden else []
        if at == len(levels):
            return [*self.here, *found]
        for level in (levels[at],) if hidden else (levels[at], "+"):
            if level in below:
                found += below[level].find(levels, at + 1)
        return found


class Router(Generic[T]):
    """From a topic to everything that listens to it: one dictionary look-up where no wildcard is involved."""

    def __init__(self, listeners: Mapping[str, tuple[T, ...]]) -> None:
        """`listeners` by topic or topic filter."""
        self._exact = {topic: found for topic, found in listeners.items() if "+" not in topic and "#" not in topic}
        self._wide: _Node[T] = _Node()
        for topic_filter, found in listeners.items():
            if topic_filter not in self._exact:
                self._wide.plant(topic_filter.split("/"), found)
        self._seen: dict[str, tuple[T, ...]] = {}

    def find(self, topic: str) -> tuple[T, ...]:
        """Who listens to a topic; empty: nobody."""
        if not self._wide.below:
            return self._exact.get(topic, ())
        found = self._seen.get(topic)
        return self._search(topic) if found is None else found

    def _search(self, topic: str) -> tuple[T, ...]:
        found = tuple(dict.fromkeys((*self._exact.get(topic, ()), *self._wide.find(topic.split("/")))))
        if found:  # topics of strangers are not remembered: there is no end of them
            if len(self._seen) >= _CACHED_TOPICS:
                self._seen.clear()
            self._seen[topic] = found
        return found
