"""Title and text of messages in both languages: plain text, from names that nobody has vouched for.

The link to the page is the notice's `url`: each driver adds it as its provider shows links.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum

from gateway.core.alarm import AlarmEvent, AlarmState, Priority, Transition
from gateway.core.device import Site
from gateway.core.point import Names, Value
from rules.notices.match import Facts
from rules.notices.words import EN, ZH, Words

MAX_TEXT = 2_000  # characters: what the smallest provider takes, with room for its markup
MAX_TITLE = 150
_MAX_NAME = 80
_MAX_MESSAGE = 400
_MORE = 40  # characters kept for the number of alarms that do not fit
_STEERING = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


class Occasion(StrEnum):
    """Why people are told."""

    NEWS = "news"
    REMINDER = "reminder"  # told before and not acknowledged
    ESCALATION = "escalation"  # others were told and did not acknowledge


@dataclass(frozen=True, slots=True)
class Item:
    """One alarm of a message, as its newest event in it leaves it."""

    event: AlarmEvent
    facts: Facts
    state: AlarmState  # now
    has_returned: bool
    raised_ns: int = 0  # UTC; 0: unknown

    @property
    def is_removed(self) -> bool:
        """True where it ended because its rule, or its device, is not configured any more."""
        return self.event.transition is Transition.REMOVED


@dataclass(frozen=True, slots=True)
class Content:
    """What a message is made from. `counts` are of all its alarms, of which `items` may be a part."""

    site: Site
    zone: tzinfo
    items: Sequence[Item]
    counts: Mapping[Priority, int]
    returned: int = 0
    waiting: int = 0  # told before, still active and unacknowledged
    merged: Mapping[Priority, int] = field(default_factory=dict)  # that found no room in the queue
    is_digest: bool = False
    occasion: Occasion = Occasion.NEWS

    @property
    def total(self) -> int:
        """The alarms of the message."""
        return sum(self.counts.values())


def compose(content: Content) -> tuple[Names, Names]:
    """Title and text, each in both languages. The alarm of the highest priority that is active comes first and is
    always told; what does not fit is counted."""
    return _both(lambda words: _title(content, words)), _both(lambda words: _text(content, words))


def heartbeat(site: Site, active: int, waiting: int, every_ns: int) -> tuple[Names, Names]:
    """Title and text of the message that says: the gateway lives."""

    def text(words: Words) -> str:
        every = duration(every_ns, words)
        return words.heartbeat_text.format(active=active, waiting=waiting, every=every)

    return _both(lambda words: words.heartbeat_title.format(site=_site(site, words))), _both(text)


def trial(site: Site, channel: str) -> tuple[Names, Names]:
    """Title and text of the test message."""
    return (
        _both(lambda words: words.test_title.format(site=_site(site, words))),
        _both(lambda words: words.test_text.format(channel=channel)),
    )


def in_language(names: Names, language: str) -> Names:
    """Both, or one of them alone."""
    match language:
        case "en":
            return Names(en=names.en)
        case "zh":
            return Names(zh=names.zh)
    return names


def _both(write: Callable[[Words], str]) -> Names:
    return Names(write(EN), write(ZH))


# -- titles -----------------------------------------------------------------------------------------------------------


def _title(content: Content, words: Words) -> str:
    prefix = {Occasion.REMINDER: words.reminder, Occasion.ESCALATION: words.escalation}.get(content.occasion, "")
    single = content.total == 1 and bool(content.items) and not content.merged
    said = _headline(content.items[0], words) if single else _summary(content, words)
    return cut(prefix + said, MAX_TITLE)


def _headline(item: Item, words: Words) -> str:
    """`[High] Transformer overload - Dongyue Dyeing, tx1`."""
    rule = clean(words.of(item.facts.rule, item.event.rule), _MAX_NAME)
    mark = words.returned if item.has_returned else f"[{words.priorities[item.event.priority]}] "
    mark = words.ended if item.is_removed else mark
    where = words.joint.join(part for part in _place(item, words) if part)
    return f"{mark}{rule} - {where}" if where else f"{mark}{rule}"


def _place(item: Item, words: Words) -> tuple[str, str]:
    enterprise = words.of(item.facts.enterprise, item.event.enterprise or "")
    device = words.of(item.facts.device, item.event.device or "")
    return clean(enterprise, _MAX_NAME), clean(device, _MAX_NAME)


def _summary(content: Content, words: Words) -> str:
    """`3 alarms, 1 high, 1 returned - Dongyue Dyeing`."""
    alarms = _alarms(content.total, words)
    if content.total and content.returned == content.total:
        is_end = len(content.items) == content.total and all(item.is_removed for item in content.items)
        said = (words.all_ended if is_end else words.all_returned).format(alarms=alarms)
    else:
        parts = [alarms]
        if high := content.counts.get(Priority.HIGH, 0):
            parts.append(_of_priority(Priority.HIGH, high, words))
        if content.returned:
            parts.append(words.of_returned.format(count=content.returned))
        said = words.joint.join(parts)
    return f"{said} - {_common_place(content, words)}"


def _alarms(count: int, words: Words) -> str:
    return words.one if count == 1 else words.count.format(count=f"{count:,}")


def _of_priority(priority: Priority, count: int, words: Words) -> str:
    return words.of_priority.format(count=f"{count:,}", priority=words.priorities[priority].lower())


def _common_place(content: Content, words: Words) -> str:
    """The enterprise where all are of one, else the site."""
    enterprises = {item.event.enterprise for item in content.items}
    if len(enterprises) == 1 and len(content.items) == content.total:
        return _place(content.items[0], words)[0] or _site(content.site, words)
    return _site(content.site, words)


def _site(site: Site, words: Words) -> str:
    return clean(words.of(site.names, site.id), _MAX_NAME)


# -- texts ------------------------------------------------------------------------------------------------------------


def _text(content: Content, words: Words) -> str:
    tail = _tail(content, words)
    head = [_counts(content, words)] if content.is_digest else []
    room = MAX_TEXT - sum(len(line) + 1 for line in (*head, *tail)) - _MORE
    is_single = content.total == 1 and not content.is_digest
    blocks: list[str] = []
    for item in sorted(content.items, key=lambda item: (item.has_returned, item.event.priority)):
        block = _single(item, content, words) if is_single else _block(item, content, words)
        if blocks and len(block) + 1 > room:
            break
        blocks.append(cut(block, room))
        room -= len(block) + 1
    left = content.total - len(blocks)
    more = [words.more.format(count=f"{left:,}")] if left > 0 else []
    return cut("\n".join((*head, *blocks, *more, *tail)), MAX_TEXT)


def _counts(content: Content, words: Words) -> str:
    """`4 high, 12 medium, 21 low; 5 returned`."""
    said = _by_priority(content.counts, words)
    returned = words.of_returned.format(count=f"{content.returned:,}")
    return words.clause.join((said, returned)) if content.returned else said


def _by_priority(counts: Mapping[Priority, int], words: Words) -> str:
    return words.joint.join(_of_priority(one, counts[one], words) for one in Priority if counts.get(one))


def _tail(content: Content, words: Words) -> list[str]:
    lines = []
    if content.merged:
        lines.append(words.merged.format(counts=_by_priority(content.merged, words)))
    if content.waiting:
        lines.append(words.waiting.format(count=f"{content.waiting:,}"))
    return lines


def _single(item: Item, content: Content, words: Words) -> str:
    """The lines of an alarm that has a message to itself; the title says which one it is."""
    event = item.event
    lines = [_happening(item, content, words)]
    if event.device is not None:
        name = _place(item, words)[1]
        lines.append(words.device + (name if name == event.device else f"{name} ({event.device})"))
    if value := _value(event, words):
        lines.append(words.value + value)
    lines.append(words.state + words.states[item.state])
    return "\n".join(lines)


def _block(item: Item, content: Content, words: Words) -> str:
    """The two lines of one alarm among others."""
    parts = [_happening(item, content, words), _value(item.event, words), words.states[item.state]]
    return f"{_headline(item, words)}\n{words.clause.join(part for part in parts if part)}"


def _happening(item: Item, content: Content, words: Words) -> str:
    """When it happened, how long it was there, and what it says."""
    event = item.event
    said = words.removed if item.is_removed else clean(words.of(event.message), _MAX_MESSAGE)
    parts = [local_time(event.time_ns, content.zone)]
    if item.has_returned and 0 < item.raised_ns <= event.time_ns:
        parts.append(words.after.format(duration=duration(event.time_ns - item.raised_ns, words)))
    when = words.joint.join(parts)
    return when + words.colon + said if said else when


def _value(event: AlarmEvent, words: Words) -> str:
    if event.value is None:
        return ""
    unit = f" {clean(event.unit, _MAX_NAME)}" if event.unit else ""
    limit = "" if event.limit is None else words.joint + words.limit.format(limit=number(event.limit) + unit)
    return number(event.value) + unit + limit


# -- parts ------------------------------------------------------------------------------------------------------------


def local_time(time_ns: int, zone: tzinfo) -> str:
    """`2026-11-22 18:32:05 +08:00`."""
    local = datetime.fromtimestamp(time_ns // 1_000_000_000, zone)
    return local.isoformat(" ")[:19] + " " + local.isoformat()[19:]


def duration(time_ns: int, words: Words) -> str:
    """`26 min`, `3 h 5 min`: the two largest units; below an hour one."""
    left = time_ns // 1_000_000_000
    parts: list[tuple[int, str]] = []
    for unit, size in zip(words.units, (86_400, 3600, 60, 1), strict=True):
        count, left = divmod(left, size)
        if count or parts or size == 1:
            parts.append((count, unit))
    kept = parts[:2] if len(parts) > 2 else parts[:1]
    return " ".join(f"{count} {unit}" for count, unit in kept if count or len(kept) == 1)


def number(value: Value) -> str:
    """A value for people: at most three decimals, no exponent for what can be read without one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return clean(str(value), _MAX_NAME)
    if isinstance(value, int) or (value and not 1e-3 <= abs(value) < 1e15):
        return f"{value:.4g}" if isinstance(value, float) else str(value)
    return f"{value:.3f}".rstrip("0").rstrip(".")


def clean(text: str, limit: int) -> str:
    """One line without control, formatting and private characters, and not too long."""
    spaced = (" " if unicodedata.category(character) in _STEERING else character for character in text[: 4 * limit])
    return cut(" ".join("".join(spaced).split()), limit)


def cut(text: str, limit: int) -> str:
    """The text, or the beginning of it that fits, with an ellipsis."""
    return text if len(text) <= limit else f"{text[: max(0, limit - 1)]}…"
