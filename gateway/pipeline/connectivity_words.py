"""The sentence about a device: from its own state, its faults, and the others on its line."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from gateway.core.device import Device
from gateway.core.ownership import EVER_NS
from gateway.core.point import Names
from gateway.core.ports import Fault
from gateway.pipeline.connectivity import ConnectivityKeeper
from gateway.pipeline.snapshot import DeviceState, Snapshot
from rules.connectivity.reason import Reason, reason_of
from rules.connectivity.sentence import Presence, Standing, sentence
from rules.connectivity.spans import place_of

_EXCEPTION = re.compile(r"exception (\d+)")


class Words:
    """Sentences of one moment: the states of all devices are looked up once."""

    def __init__(
        self,
        keeper: ConnectivityKeeper,
        snapshot: Snapshot,
        devices: Iterable[Device],
        now_ns: int,
        started_ns: int,
        told_since: Mapping[str, int] | None = None,
    ) -> None:
        """`told_since`: of these devices nothing is told of what was before (UTC, ns)."""
        self._keeper = keeper
        self._snapshot = snapshot
        self._now_ns = now_ns
        self._started_ns = started_ns
        self._told_since = told_since or {}
        self._lines: dict[str | None, dict[str, tuple[DeviceState, int | None]]] = {}
        for device in devices:
            self._lines.setdefault(device.connection, {})[device.id] = snapshot.state(device.id, now_ns)

    def since_ns(self, device: Device) -> int | None:
        """Since when it answers, or does not (UTC); an outage of before the gateway's start counts."""
        state, since_ns = self._lines[device.connection][device.id]
        outage = self._keeper.outage(device.id)
        if since_ns is None and state is not DeviceState.NOT_CONNECTED:
            since_ns = self._started_ns if outage is None else outage.from_ns
        return None if since_ns is None else max(since_ns, self._told_since.get(device.id, EVER_NS))

    def sentence(self, device: Device, points: int) -> Names:
        """The sentence; `points`: how many values the device should give."""
        line = self._lines[device.connection]
        state, _ = line[device.id]
        others = [one for name, (one, _) in line.items() if name != device.id]
        faults = self._snapshot.faults(device.id)
        reason, code = self._reason(device, faults, whole=state is not DeviceState.ANSWERING)
        return sentence(
            Standing(
                Presence(state.value),
                since=self._text(self.since_ns(device)),
                line_since=self._text(self._line_since_ns(line)),
                has_answered=self._has_answered(device),
                is_listened=self._keeper.is_listened(device.id),
                reason=reason,
                code=code,
                points=points,
                missing_points=len({name for fault in faults for name in fault.points}),
                others=len(others),
                others_answering=sum(one is DeviceState.ANSWERING for one in others),
            )
        )

    def _has_answered(self, device: Device) -> bool:
        return device.id in self._keeper.answered or self._snapshot.last_answer_ns(device.id) is not None

    def _line_since_ns(self, line: Iterable[str]) -> int | None:
        """The last answer of any of these devices."""
        return max((at for name in line if (at := self._snapshot.last_answer_ns(name)) is not None), default=None)

    def _reason(self, device: Device, faults: Iterable[Fault], *, whole: bool) -> tuple[Reason, int | None]:
        """Why it gives no value (`whole`), or not all of them, and the Modbus exception where one is the reason."""
        standing = self._keeper.reason(device.id)
        if whole and standing is not None and standing is not Reason.UNKNOWN:
            return standing, self._code(faults)
        for fault in faults:
            found = reason_of(fault.quality, is_listened=self._keeper.is_listened(device.id))
            if found is not None and (whole or fault.points):
                return found, self._code([fault])
        return standing or Reason.UNKNOWN, None

    @staticmethod
    def _code(faults: Iterable[Fault]) -> int | None:
        match = next((found for fault in faults if (found := _EXCEPTION.search(fault.message))), None)
        return None if match is None else int(match[1])

    def _text(self, time_ns: int | None) -> str:
        """A time in the site's zone: of today the time alone."""
        if time_ns is None:
            return ""
        zone = self._keeper.zone
        local = datetime.fromtimestamp(time_ns // 10**9, UTC).astimezone(zone)
        is_today = time_ns >= place_of(self._now_ns, zone).day_ns
        return f"{local:%H:%M}" if is_today else f"{local:%Y-%m-%d %H:%M}"
