"""Which of the messages that are due goes out next, and when they are put together into one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.core.alarm import Priority
from gateway.core.notice_queue import ENDING
from rules.notices.judge import Group, Judgement, Occurrence, without_ends
from rules.notices.spec import SECOND

DIGEST_PAUSE_NS = 60 * SECOND  # after a digest; only alarms of high priority are told in between


@dataclass(frozen=True, slots=True)
class Candidate:
    """A group whose message is due."""

    group: Group
    judgement: Judgement

    @property
    def is_urgent(self) -> bool:
        """True where it has a raise of high priority."""
        return any(row.priority is Priority.HIGH and row.transition not in ENDING for row in self.judgement.send)


@dataclass(frozen=True, slots=True)
class Choice:
    """The groups of the next message."""

    candidates: Sequence[Candidate]
    is_digest: bool  # there are more groups than the channel may be sent messages


def choose(due: Sequence[Candidate], free: int, *, is_pausing: bool) -> Choice | None:
    """The next message of a channel that may be sent `free` of them now (at least one); `None`: none yet.

    More groups than that become one digest. `is_pausing`: a digest went out not long ago, so that only what is urgent
    does now. Groups of a route that was muted are told in one message.
    """
    urgent = [candidate for candidate in due if candidate.is_urgent]
    pool = urgent if is_pausing else list(due)
    if not pool:
        return None
    if len(pool) > free:
        return Choice(due, is_digest=True)
    # `due` comes in the order in which the groups became due
    first = min(pool, key=lambda candidate: candidate.judgement.priority)
    if not first.group.is_after_mute:
        return Choice([first], is_digest=False)
    route, step, _ = first.group.id
    return Choice([c for c in pool if c.group.is_after_mute and c.group.id[:2] == (route, step)], is_digest=False)


def told_elsewhere(choice: Choice, groups: Iterable[Group]) -> list[tuple[Group, Judgement]]:
    """The other ones of a channel's groups whose people, told before and by an escalation of the same route, need not
    be told of the ends in this message again; with what becomes of these rows."""
    ends: dict[str, set[Occurrence]] = {}
    for one in choice.candidates:
        found = {(row.alarm, row.occurrence) for row in one.judgement.send if row.transition in ENDING}
        ends.setdefault(one.group.id[0], set()).update(found)
    if not any(ends.values()):
        return []
    chosen = {one.group.id for one in choice.candidates}
    others = (group for group in groups if group.pending and group.id not in chosen and ends.get(group.id[0]))
    judged = [(group, without_ends(group, ends[group.id[0]])) for group in others]
    return [(group, judgement) for group, judgement in judged if judgement.drop]
