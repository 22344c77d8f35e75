"""What there is to say about a link, given to the intervals in which it was."""

from collections.abc import Sequence

from rules.energy.draft import Draft
from rules.energy.link import MARK_OF, Join, Link
from rules.energy.marks import Finding, Mark


class Notes:
    """The findings of one link, in order of time. An interval with one is also decided by the link's two readings."""

    __slots__ = ("_link", "_mark", "_more", "_notes")

    def __init__(self, link: Link, changes: Sequence[int], *, is_gap: bool) -> None:
        both = (link.start, link.end)
        self._link = link
        self._more = link.refused.more
        self._mark = None if link.join is Join.RISE else MARK_OF[link.join]
        notes = [(finding.time_ns, finding) for finding in link.refused.listed]
        notes += [(link.start.time_ns, Finding(self._mark, both))] if self._mark else []
        notes += [(link.start.time_ns, Finding(Mark.GAP, both))] if is_gap else []
        notes += [(change_ns, Finding(Mark.MULTIPLIER, both)) for change_ns in changes]
        self._notes = sorted(notes, key=lambda note: (note[0], note[1].row))

    def write(self, draft: Draft) -> None:
        """Give a draft what lies before its end; the mark of the link too where some of the link's time is in it."""
        draft.findings.more += self._more
        self._more = 0
        while self._notes and self._notes[0][0] < draft.span.end_ns:
            finding = self._notes.pop(0)[1]
            if draft.note(finding) or finding.mark is Mark.MULTIPLIER:  # what is only counted would have no end
                draft.decide(self._link.start, self._link.end)
        if self._mark and (draft.span.start_ns < self._link.end.time_ns or not self._link.span_ns):
            draft.marks.add(self._mark)
            draft.decide(self._link.start, self._link.end)
