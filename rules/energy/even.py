"""A day whose register was read exactly at the boundaries of its intervals, packed without a look at each interval.

What frozen registers and the exports of other systems give. `quantities` of the same readings has the same bytes.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from rules.energy.day import Content, PackedDay, sealed
from rules.energy.recut import Terms, recut_plain
from rules.energy.stretch import Context, Stretch, places_of, scaled


def even_day(terms: Terms, start_ns: int, step_ns: int, values: Sequence[Decimal]) -> PackedDay:
    """The day of a register's values at the boundaries: one more than there are intervals.

    Raises ValueError where the register falls or a multiplier changes within: such a day needs the machine.
    """
    if any(later < earlier for earlier, later in pairwise(values)):
        raise ValueError("the register falls")
    count = len(values) - 1
    scale = max(map(places_of, values))
    nothing, before = [0] * (count + 1), [scaled(value, scale) for value in values]
    blank = Stretch(start_ns, step_ns, nothing[1:], nothing, nothing, before, nothing, scale, 0, version=0)
    context = Context(terms.digest, ((0, "none yet"),))  # others than the declaration's: so it is counted with those
    content = recut_plain(terms, Content((context,), (blank,), ()))
    if content is None:
        raise ValueError("a multiplier changes within the day")
    (whole,) = content.stretches
    content = replace(content, stretches=(replace(whole, version=1),))
    return sealed(content, terms.spec.accounted_unit, (sum(whole.micro), whole.end_ns - start_ns, 0, 0))
