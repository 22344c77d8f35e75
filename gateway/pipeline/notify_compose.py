"""What goes into a message: from the groups whose turn it is to a notice in both languages."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from gateway.core.alarm import AlarmEvent, AlarmState, Priority, Transition
from gateway.core.device import Site
from gateway.core.notice import Notice, NoticeKind
from gateway.core.notice_queue import ENDING, Pending, Standing
from gateway.store.notice_queue import GroupChange
from rules.notices import text
from rules.notices.choose import Candidate, Choice
from rules.notices.match import FactsOf, labels_of_group
from rules.notices.spec import NoticePlan

MAX_ITEMS = 20  # alarms of a digest that may be told in words
MAX_EVENTS = 100  # events that a message carries for programs

EventOf = tuple[AlarmEvent, int]
"""An event, and when its occurrence was raised (UTC; 0: unknown)."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What all messages of a park have in common."""

    site: Site
    zone: tzinfo
    plan: NoticePlan
    facts_of: FactsOf

    @property
    def url(self) -> str:
        """Of the page's alarms; empty where none is configured."""
        return f"{self.plan.page_url}/alarms" if self.plan.page_url else ""


@dataclass(slots=True)
class Draft:
    """A message before its events are fetched."""

    choice: Choice
    is_digest: bool
    rows: list[Pending]  # in the order of the journal
    newest: dict[str, Pending]  # by alarm
    wanted: list[int]  # rows whose events are needed
    reminded: list[tuple[tuple[str, int, str], list[str]]] = field(default_factory=list)  # told alarms, by group

    @property
    def is_reminder(self) -> bool:
        """True where nothing new has happened."""
        return not self.rows


def draft(choice: Choice, digest_above: int) -> Draft:
    """What to fetch for this choice."""
    rows = sorted((row for one in choice.candidates for row in one.judgement.send), key=lambda row: row.id)
    newest = {row.alarm: row for row in rows}
    reminders = [(one.group.id, [told.alarm for told in one.judgement.remind]) for one in choice.candidates]
    total = len(newest) or sum(len(alarms) for _, alarms in reminders)
    is_digest = choice.is_digest or total > digest_above
    first = sorted(newest.values(), key=_urgency)
    kept = first[:MAX_ITEMS] if is_digest else first
    wanted = dict.fromkeys(row.id for row in kept)
    if not is_digest:
        wanted.update(dict.fromkeys(row.id for row in rows[-MAX_EVENTS:]))
    if rows:
        return Draft(choice, is_digest, rows, newest, sorted(wanted))
    return Draft(choice, is_digest, rows, newest, [], [(group, alarms[:MAX_EVENTS]) for group, alarms in reminders])


def _urgency(row: Pending) -> tuple[bool, Priority, int]:
    return row.transition in ENDING, row.priority, row.id


def notice_of(
    made: Draft,
    found: Mapping[int, EventOf],
    reminded: Sequence[EventOf],
    merged: Mapping[Priority, int],
    standings: Mapping[str, Standing],
    setting: Setting,
    *,
    id_: str,
    time_ns: int,
) -> Notice:
    """The message, in both languages."""
    if made.is_reminder:
        events = sorted(reminded, key=lambda one: one[0].priority)[:MAX_EVENTS]
        counts = Counter(told.priority for one in made.choice.candidates for told in one.judgement.remind)
        items = [_item(event, raised_ns, standings, setting.facts_of) for event, raised_ns in events]
    else:
        newest = {row.id for row in made.newest.values()}
        counts = Counter(row.priority for row in made.newest.values())
        items = [_item(*one, standings, setting.facts_of) for number, one in found.items() if number in newest]
        events = [found[number] for number in sorted(found)]
    returned = _returned(made, standings)
    content = text.Content(
        site=setting.site,
        zone=setting.zone,
        items=items,
        counts=counts,
        returned=returned,
        waiting=0 if made.is_reminder else sum(len(one.judgement.remind) for one in made.choice.candidates),
        merged=merged,
        is_digest=made.is_digest,
        occasion=_occasion(made),
    )
    title, body = text.compose(content)
    return Notice(
        id=id_,
        kind=NoticeKind.DIGEST if made.is_digest else NoticeKind.ALARMS,
        time_ns=time_ns,
        title=title,
        text=body,
        events=tuple(event for event, _ in events),
        firing=returned < content.total,
        group=_common_labels(made.choice.candidates),
        site=setting.site.id,
        url=setting.url,
        raised_ns=tuple(raised_ns for _, raised_ns in events),
    )


def _occasion(made: Draft) -> text.Occasion:
    if made.is_reminder:
        return text.Occasion.REMINDER
    is_escalated = all(one.group.id[1] > 0 for one in made.choice.candidates)
    has_raise = any(row.transition not in ENDING for row in made.newest.values())
    return text.Occasion.ESCALATION if is_escalated and has_raise else text.Occasion.NEWS


def _returned(made: Draft, standings: Mapping[str, Standing]) -> int:
    """Alarms of the message that are over, whether it is told for that or in spite of it (an escalation)."""
    return sum(_is_over(row.transition, standings.get(row.alarm), row.occurrence) for row in made.newest.values())


def _is_over(transition: Transition, standing: Standing | None, occurrence: int) -> bool:
    if transition in ENDING:
        return True
    return standing is not None and standing.occurrence == occurrence and not standing.is_active


def _item(event: AlarmEvent, raised_ns: int, standings: Mapping[str, Standing], facts_of: FactsOf) -> text.Item:
    standing = standings.get(event.alarm)
    is_current = standing is not None and standing.occurrence == event.occurrence
    is_current = is_current and event.transition is not Transition.REMOVED  # it may be counted anew since
    state: AlarmState = standing.state if standing is not None and is_current else event.state
    has_returned = _is_over(event.transition, standing, event.occurrence)
    return text.Item(event, facts_of(event.alarm), state, has_returned, raised_ns)


def _common_labels(candidates: Sequence[Candidate]) -> dict[str, str]:
    labels = [labels_of_group(one.group.id[2]) for one in candidates]
    first, *others = labels
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}


def enterprise_of(alarms: Iterable[str], standings: Mapping[str, Standing]) -> str | None:
    """The enterprise that all of these alarms belong to; `None`: several, or the park."""
    found = {standing.enterprise for alarm in alarms if (standing := standings.get(alarm)) is not None}
    return found.pop() if len(found) == 1 else None


def change_of(candidate: Candidate, sent_ns: int) -> GroupChange:
    """What the group's people know after the message."""
    group = candidate.group
    newest = {row.alarm: row for row in candidate.judgement.send}
    told = [row.id for row in newest.values() if row.transition not in ENDING]
    returned = [row.alarm for row in newest.values() if row.transition in ENDING]
    stands = bool(told) or any(alarm not in newest for alarm in group.told)
    return GroupChange(group.id, sent_ns if stands else None, told, returned)
