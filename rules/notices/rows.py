"""Alarm events to rows of the queue: one per event, route and channel. Pure and quick: it runs for every event."""

from collections.abc import Iterator, Sequence

from gateway.core.alarm import ANNUNCIATING, AlarmEvent, Transition
from gateway.core.notice_queue import ENDING, QueueRow
from rules.notices.match import Facts, FactsOf, group_of, matches, no_facts
from rules.notices.spec import NoticePlan, Route

FOLLOWED = frozenset(
    {
        *ANNUNCIATING,
        Transition.EASED,
        Transition.RETURNED,
        Transition.ACKNOWLEDGED,
        Transition.RESET,
        Transition.SHELVED,
        Transition.UNSHELVED,
        Transition.SUPPRESSED,
        Transition.UNSUPPRESSED,
        Transition.OUT_OF_SERVICE,
        Transition.IN_SERVICE,
        Transition.REMOVED,
    }
)
"""Transitions that change how an alarm stands. A remark does not, nor does the note that a message went out, which
carries the state of the event that it is about."""


def plan_rows(events: Sequence[AlarmEvent], plan: NoticePlan, facts_of: FactsOf = no_facts) -> list[QueueRow]:
    """The rows of these events, in their order: first what each did to its alarm, then who is told of it.

    Whether anybody was told of the raise of an alarm that returned or is gone, `enqueue` sees. How alarms stand
    is put down even where nobody is told: a heartbeat counts them, and a route may come with a reload.
    """
    rows: list[QueueRow] = []
    for event in events:
        if event.transition not in FOLLOWED:
            continue
        rows.append(QueueRow(event))
        if event.transition in ANNUNCIATING or event.transition in ENDING:
            facts = facts_of(event.alarm)
            for route in plan.routes:
                rows += _rows(event, route, facts)
    return rows


def _rows(event: AlarmEvent, route: Route, facts: Facts) -> Iterator[QueueRow]:
    is_end = event.transition in ENDING
    if is_end and not route.sends_returned:
        return
    # what is gone has no labels any more; it may have been raised with a higher priority than the one it returns with
    is_gone = event.transition is Transition.REMOVED
    if not is_gone and not matches(route.match, event, facts, is_any_priority=is_end):
        return
    group = group_of(route.group_by, event, facts)
    for step, wait_ns, channels in _steps(route):
        after_ns = 0 if is_end else wait_ns
        for channel in dict.fromkeys(channels):
            yield QueueRow(event, key_of(event, channel, route.name, step), channel, route.name, step, after_ns, group)


def _steps(route: Route) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    yield 0, 0, route.channels
    for number, escalation in enumerate(route.escalation, 1):
        yield number, escalation.after_ns, escalation.channels


def key_of(event: AlarmEvent, channel: str, route: str, step: int) -> str:
    """Alarm, occurrence and transition name an event; what can happen more than once in an occurrence also its
    priority and time."""
    again = event.transition in (Transition.WORSENED, Transition.REANNUNCIATED, Transition.REMOVED)
    when = f"/{event.priority:d}/{event.time_ns}" if again else ""
    return f"{event.alarm}/{event.occurrence}/{event.transition}{when}>{channel}/{route}/{step}"
