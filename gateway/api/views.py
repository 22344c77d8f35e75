"""What the API says: dictionaries made from the gateway's state, filtered by what the principal may see."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from gateway import __version__
from gateway.api.access import Principal
from gateway.api.demand import QuarterHour
from gateway.config.plan import ParkPlan
from gateway.core.device import Device, Enterprise, MeterRole
from gateway.core.errors import Unavailable
from gateway.core.ownership import EVER_NS, Bounds
from gateway.core.point import Names, Point
from gateway.pipeline.engine import Gateway
from gateway.pipeline.report import ms
from gateway.pipeline.snapshot import DeviceState, Sample, stale_after_s

POWER = "power_active"
Json = dict[str, Any]
LiveValue = tuple[Any, str, str, int | None]
"""Value, level, reason and time (ms)."""
NOTHING: LiveValue = (None, "none", "", None)


def within(value: LiveValue, since_ns: int) -> LiveValue:
    """A live value, or nothing where it is older than `since_ns`."""
    return NOTHING if value[3] is not None and value[3] * 1_000_000 < since_ns else value


def names(given: Names, fallback: str) -> dict[str, str]:
    """Both languages, each falling back to the other and to the id."""
    return {"en": given.en or given.zh or fallback, "zh": given.zh or given.en or fallback}


@contextmanager
def as_of_now() -> Iterator[None]:
    """Around a walk in a thread, which a reload may overtake. Raises Unavailable where something was gone meanwhile."""
    try:
        yield
    except KeyError as error:
        raise Unavailable("another configuration is being taken in", "ask again", retry_after_s=1) from error


class Views:
    """Answers of the API for one gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._snapshot = gateway.snapshot
        self.quarter_hour = QuarterHour(gateway.clock, gateway.plan.site.timezone, self._import_kw)

    @property
    def plan(self) -> ParkPlan:
        """The park in force; another object after every reload."""
        return self._gateway.plan

    @property
    def configuration(self) -> Json:
        """Which configuration is in force, for pages that were opened before."""
        present = self._gateway.reloader.present
        return {"version": present.configuration.seen.version, "loaded_ms": ms(present.loaded_ns)}

    def devices_of(self, principal: Principal) -> list[Device]:
        """The devices this principal may see, in the order of the configuration."""
        return [device for device in self._gateway.plan.devices if principal.may_see(device)]

    def tags_of(self, principal: Principal) -> list[str]:
        """The tags this principal may see."""
        return [tag for tag in self._snapshot.tags() if principal.may_see(self._snapshot.point(tag)[0])]

    def may_see_tag(self, principal: Principal, tag: str) -> bool:
        """False for a tag of somebody else and for one that does not exist alike."""
        try:
            return principal.may_see(self._snapshot.point(tag)[0])
        except KeyError:
            return False

    def is_found(self, tag: str, text: str) -> bool:
        """True where the tag, or a name of the point or its device, has every word of `text`, in whatever case."""
        device, point, *_ = self._snapshot.point(tag)
        known = f"{tag} {device.names.en} {device.names.zh} {point.names.en} {point.names.zh}".lower()
        return all(word in known for word in text.lower().split())

    def since_ns(self, principal: Principal, device: str) -> int:
        """From when on (UTC, ns) a device's values are theirs to see: of an enterprise, since it has the device."""
        return EVER_NS if principal.enterprise is None else self._gateway.owners.present.since_ns(device)

    def spans(self, principal: Principal, device: str, bounds: Bounds) -> list[Bounds]:
        """The parts of a time of which they may see the device: an enterprise those in which it had it."""
        if principal.enterprise is None:
            return [bounds]
        return self._gateway.owners.present.spans(device, principal.enterprise, bounds)

    def clipped(self, principal: Principal, tags: Iterable[str], bounds: Bounds) -> dict[str, list[Bounds]]:
        """The same by tag, of those tags of which it is not the whole time."""
        of = {tag: self._snapshot.point(tag)[0].id for tag in tags}
        found = {tag: self.spans(principal, device, bounds) for tag, device in of.items()}
        return {tag: spans for tag, spans in found.items() if spans != [bounds]}

    def device_state(self, device: Device, since_ns: int = EVER_NS) -> Json:
        """State of one device as in the live stream; `since_ns`: of what was before nothing is told."""
        state, changed_ns = self._snapshot.state(device.id, self._gateway.clock.time_ns())
        answer_ns = self._snapshot.last_answer_ns(device.id)
        return {
            "state": state.value,
            "since_ms": ms(None if changed_ns is None else max(changed_ns, since_ns)),
            "last_answer_ms": ms(None if answer_ns is None or answer_ns < since_ns else answer_ns),
        }

    def device(self, device: Device, since_ns: int = EVER_NS) -> Json:
        """One device in full; `since_ns`: of what was before nothing is told."""
        tags = self._gateway.tags_by_device.get(device.id, ())
        intervals = sorted({self._snapshot.point(tag)[3] for tag in tags} - {0.0})
        faults = [
            {
                "points": list(fault.points),
                "quality": fault.quality.reason,
                "message": fault.message,
                "hint": fault.hint,
                "time_ms": ms(max(fault.time_ns, since_ns)),
            }
            for fault in self._snapshot.faults(device.id)
        ]
        return {
            "id": device.id,
            "name": names(device.names, device.id),
            "enterprise": device.enterprise,
            "kind": device.kind,
            "role": device.role,
            "driver": device.driver,
            "connection": device.connection,
            "address": device.address,
            **self.device_state(device, since_ns),
            "intervals_s": intervals,
            "points": len(tags),
            "faults": faults,
            "power_kw": self.power_kw(device, since_ns),
        }

    def power_kw(self, device: Device, since_ns: int = EVER_NS) -> float | None:
        """The device's fresh active power in kW; `None` where there is none to believe."""
        tag = f"{device.id}.{POWER}"
        if tag not in self._gateway.tags_by_device.get(device.id, ()):
            return None
        sample = self._snapshot.sample(tag)
        if sample is None or not isinstance(sample.value, float | int) or self._is_stale(sample):
            return None
        if sample.time_ns < since_ns:
            return None
        return float(sample.value)

    def _is_stale(self, sample: Sample) -> bool:
        return self._gateway.clock.time_ns() - sample.time_ns > stale_after_s(sample.interval_s) * 1e9

    def point(self, tag: str, principal: Principal) -> Json:
        """One point with its latest value, as far as it is theirs to see."""
        device, point, _, interval_s = self._snapshot.point(tag)
        value, level, reason, time_ms = within(self.live_value(tag), self.since_ns(principal, device.id))
        return {
            "tag": tag,
            "device": device.id,
            "point": point.name,
            "name": names(point.names, point.name),
            "unit": point.unit,
            "kind": point.kind,
            "type": point.type,
            "words": {str(code): names(word, str(code)) for code, word in point.words},
            "value": value,
            "level": level,
            "reason": reason,
            "time_ms": time_ms,
            "interval_s": interval_s,
            "stale_after_s": stale_after_s(interval_s),
            "gap_after_s": self._gap_after_s(point, interval_s),
        }

    @staticmethod
    def _gap_after_s(point: Point, interval_s: float) -> float:
        """How far apart two stored samples may lie while all is well: a deadband keeps quiet until its heartbeat."""
        heartbeat_s = point.deadband.heartbeat_s if point.deadband is not None else 0.0
        return max(stale_after_s(interval_s), heartbeat_s + interval_s)

    def live_value(self, tag: str) -> LiveValue:
        """Value, level, reason and time (ms) of a tag, as in the live stream."""
        batch, position = self._snapshot.latest(tag)
        if batch is None:
            return NOTHING
        value, time_ms = batch.values[position], batch.time_ns // 1_000_000
        if batch.quality is None:
            return value, "good", "", time_ms
        quality = batch.quality[position]
        return value, quality.level.value, quality.reason, time_ms

    def count_states(self, devices: list[Device]) -> Json:
        """How many of these devices are known, connected, answering, silent."""
        now_ns = self._gateway.clock.time_ns()
        states = Counter(self._snapshot.state(device.id, now_ns)[0] for device in devices)
        return {
            "known": len(devices),
            "connected": len(devices) - states[DeviceState.NOT_CONNECTED],
            "answering": states[DeviceState.ANSWERING],
            "silent": states[DeviceState.SILENT],
        }

    def _power_sum(self, devices: list[Device], principal: Principal | None = None) -> tuple[float | None, bool]:
        """Sum of the powers in kW and whether one of them is missing; `None` where all are."""
        powers = [
            self.power_kw(device, EVER_NS if principal is None else self.since_ns(principal, device.id))
            for device in devices
        ]
        known = [power for power in powers if power is not None]
        return (sum(known) if known else None), len(known) < len(powers)

    def _import_kw(self) -> float | None:
        """What the park takes from the grid now; `None` where one of the incomers is silent."""
        grid = [device for device in self._gateway.plan.devices if device.role is MeterRole.GRID]
        power_kw, is_partial = self._power_sum(grid)
        return None if is_partial else power_kw

    def park(self, principal: Principal) -> Json:
        """The numbers of the Park page."""
        devices = self.devices_of(principal)
        grid = [device for device in devices if device.role is MeterRole.GRID]
        pv = [device for device in devices if device.role is MeterRole.PV]
        grid_kw, grid_partial = self._power_sum(grid, principal)
        pv_kw, pv_partial = self._power_sum(pv, principal)
        enterprises = [
            self._enterprise(enterprise, devices, principal)
            for enterprise in self._gateway.plan.enterprises
            if principal.enterprise in (None, enterprise.id)
        ]
        uses = [entry["power_kw"] for entry in enterprises if entry["power_kw"] is not None]
        supply = [power for power in (grid_kw, pv_kw) if power is not None]
        return {
            "time_ms": ms(self._gateway.clock.time_ns()),
            "grid_kw": grid_kw,
            "grid_partial": grid_partial,
            "pv_kw": pv_kw,
            "pv_partial": pv_partial,
            "contract_demand_kw": self._gateway.plan.site.contract_demand_kw,
            "demand": self.quarter_hour.told(self._gateway.alarms.rulebook) if principal.enterprise is None else None,
            "enterprises": enterprises,
            "residual_kw": sum(supply) - sum(uses) if grid_kw is not None and not grid_partial else None,
            "devices": self.count_states(devices),
            "storage": self._gateway.storage,
            "trend": {"grid": self._power_tags(grid), "pv": self._power_tags(pv)},
        }

    def _power_tags(self, devices: list[Device]) -> list[str]:
        tags = (f"{device.id}.{POWER}" for device in devices)
        return [tag for tag in tags if tag.rsplit(".", 1)[0] in self._gateway.tags_by_device]

    def _enterprise(self, enterprise: Enterprise, devices: list[Device], principal: Principal) -> Json:
        own = [device for device in devices if device.enterprise == enterprise.id]
        power, partial = self._power_sum([device for device in own if device.role is MeterRole.MAIN], principal)
        shown = names(enterprise.names, enterprise.id)
        return {"id": enterprise.id, "name": shown, "power_kw": power, "partial": partial, **self.count_states(own)}

    def status(self, principal: Principal) -> Json:
        """How the gateway itself is. What names or quotes devices of all is for those who see the whole park."""
        gateway = self._gateway
        is_limited = principal.enterprise is not None
        now_ns = gateway.clock.time_ns()
        site = gateway.plan.site
        return {
            "version": __version__,
            "installation": gateway.installation_id,
            "site": {
                "id": site.id,
                "name": names(site.names, site.id),
                "timezone": site.timezone,
                "contract_demand_kw": site.contract_demand_kw,
            },
            "time_ms": ms(now_ns),
            "started_ms": ms(gateway.started_ns),
            "uptime_s": (now_ns - gateway.started_ns) / 1e9,
            "sources": [] if is_limited else gateway.source_states(),
            "sinks": [] if is_limited else gateway.sink_states(),
            "outbox": gateway.outbox_state(),
            "devices": self.count_states(self.devices_of(principal)),
            "findings": [] if is_limited else gateway.findings(),
            "certificate": gateway.certificate.as_json() if gateway.certificate else None,
        }
