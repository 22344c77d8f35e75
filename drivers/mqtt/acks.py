"""QoS 1 messages that wait for their samples to be durable, in the order of their arrival, on one connection."""

from collections import deque


class Acknowledgements:
    """Message ids with the position at which each may be acknowledged. Positions only rise."""

    __slots__ = ("_durable", "_waiting")

    def __init__(self, durable: int = -1) -> None:
        """`durable`: the position up to which everything was safe already when the connection was made."""
        self._waiting: deque[tuple[int, int]] = deque()
        self._durable = durable

    def __len__(self) -> int:
        """How many messages wait: what occupies the broker's in-flight window."""
        return len(self._waiting)

    def add(self, mid: int, position: int | None) -> None:
        """A message arrived. `position` None: it yielded nothing and waits only for those before it (MQTT-4.6.0-2)."""
        if position is None:
            position = self._waiting[-1][0] if self._waiting else self._durable
        self._waiting.append((position, mid))

    def durable(self, position: int) -> None:
        """Everything accepted up to this position is safe."""
        self._durable = max(self._durable, position)

    def release(self) -> list[int]:
        """The ids that may be acknowledged now, in order; they no longer wait."""
        waiting = self._waiting
        ready = []
        while waiting and waiting[0][0] <= self._durable:
            ready.append(waiting.popleft()[1])
        return ready
