"""Which meter already counts what another one counts: the tree of `under:`, so that nothing is counted twice."""

from collections.abc import Collection, Mapping


class Supply:
    """The meters above each meter."""

    def __init__(self, under: Mapping[str, tuple[str, ...]]) -> None:
        self._under = under

    def cycle(self, tag: str) -> list[str] | None:
        """The shortest way from a meter over those above it back to itself; `None` where there is none."""
        came: dict[str, str] = {}
        queue = [tag]
        for at in queue:
            for above in self._under.get(at, ()):
                if above == tag:
                    return _way(came, tag, at)
                if above not in came:
                    came[above] = at
                    queue.append(above)
        return None

    def above(self, tag: str) -> set[str]:
        """Every meter that counts what this one counts, however far up."""
        found: set[str] = set()
        queue = [tag]
        for at in queue:
            new = [one for one in self._under.get(at, ()) if one not in found]
            found.update(new)
            queue += new
        return found

    def pair(self, tags: Collection[str]) -> tuple[str, str] | None:
        """Two of these meters that count the same: the lower, the upper; `None` where all are apart."""
        among = set(tags)
        for tag in sorted(among):
            upper = sorted(self.above(tag) & among)
            if upper:
                return tag, upper[0]
        return None


def _way(came: Mapping[str, str], tag: str, last: str) -> list[str]:
    way = [last]
    while way[-1] != tag:
        way.append(came[way[-1]])
    return [*reversed(way), tag]
