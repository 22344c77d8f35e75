"""What the API says about connectivity: figures of the park, of enterprises and of devices, outages, sentences."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.api.access import Principal
from gateway.api.views import Views, names
from gateway.core.device import Device, Enterprise
from gateway.pipeline.connectivity_book import Figures, Series
from gateway.pipeline.connectivity_words import Words
from gateway.pipeline.engine import Gateway
from gateway.pipeline.report import ms
from rules.connectivity.silence import Outage
from rules.connectivity.spans import (
    HOUR_NS,
    Kind,
    Period,
    days_between,
    hours_between,
    period_ns,
    place_of,
)
from rules.connectivity.tally import Tally, total

Json = dict[str, Any]
HOURS_SHOWN = 24
DAYS_SHOWN = 31
OUTAGES_SHOWN = 100
LONGEST_SHOWN = 20
_DAY_NS = 24 * HOUR_NS


@dataclass(frozen=True, slots=True)
class Range:
    """What is asked for: whole local hours."""

    name: str
    from_ns: int
    to_ns: int

    @property
    def json(self) -> Json:
        """As the API says it."""
        return {"name": self.name, "from_ms": ms(self.from_ns), "to_ms": ms(self.to_ns)}


class ConnectivityViews:
    """Answers about connectivity for one gateway and one who asks."""

    def __init__(self, gateway: Gateway, views: Views, principal: Principal) -> None:
        self._gateway = gateway
        self._views = views
        self._keeper = gateway.connectivity
        self._now_ns = gateway.clock.time_ns()
        self._devices = views.devices_of(principal)
        self._enterprises = [one for one in gateway.plan.enterprises if principal.enterprise in (None, one.id)]

    # -- ranges -------------------------------------------------------------------------------------------------------

    def running(self, period: Period) -> Range:
        """The hour, day or month of the site's clock that runs now."""
        return Range(period.value, *period_ns(period, self._now_ns, self._keeper.zone))

    def between(self, from_ns: int, to_ns: int) -> Range:
        """The whole local hours around a range."""
        zone = self._keeper.zone
        last_ns = place_of(to_ns, zone).hour_ns
        return Range("custom", place_of(from_ns, zone).hour_ns, last_ns if last_ns == to_ns else last_ns + HOUR_NS)

    # -- documents ----------------------------------------------------------------------------------------------------

    async def park(self, asked: Range) -> Json:
        """The park and each enterprise. Raises Unavailable."""
        figures = await self._keeper.book.figures(asked.from_ns, asked.to_ns)
        return {
            "park": self._figure(self._devices, figures),
            "enterprises": [self._enterprise(one, figures) for one in self._enterprises],
            "period": asked.json,
        }

    async def enterprise(self, enterprise: str, asked: Range) -> Json | None:
        """One enterprise with its devices; `None` where it does not exist or is not theirs. Raises Unavailable."""
        found = next((one for one in self._enterprises if one.id == enterprise), None)
        if found is None:
            return None
        own = self._devices_of(found)
        ids = [device.id for device in own]
        figures = await self._keeper.book.figures(asked.from_ns, asked.to_ns)
        hours = await self._hours(ids)
        outages = await self._keeper.book.outages(asked.from_ns, asked.to_ns, ids, OUTAGES_SHOWN)
        words = self._words()
        return {
            **self._enterprise(found, figures),
            "period": asked.json,
            "devices": [
                {**self._device(device, figures, words), "hours": self._hour_list(device, hours)} for device in own
            ],
            "longest_outages": [self._outage(one) for one in self._longest(outages, asked)],
        }

    async def device(self, device: Device, asked: Range) -> Json:
        """One device with its last hours, days and outages. Raises Unavailable."""
        book = self._keeper.book
        figures = await book.figures(asked.from_ns, asked.to_ns)
        hours = await self._hours([device.id])
        first_ns = self._now_ns - DAYS_SHOWN * _DAY_NS
        days = list(days_between(first_ns, self._now_ns, self._keeper.zone))[-DAYS_SHOWN:]
        series = await book.series(Kind.DAY, days[0], self._now_ns, {device.id})
        outages = await book.outages(days[0], self._now_ns + _DAY_NS, [device.id], OUTAGES_SHOWN)
        return {
            **self._device(device, figures, self._words()),
            "enterprise": device.enterprise,
            "period": asked.json,
            "hours": self._hour_list(device, hours),
            "days": [_span(device, day_ns, series) for day_ns in days],
            "outages": [self._outage(one) for one in outages],
        }

    async def rows(self, asked: Range) -> list[Json]:
        """The park, each enterprise and each device as flat rows. Raises Unavailable."""
        figures = await self._keeper.book.figures(asked.from_ns, asked.to_ns)
        rows = [{"level": "park", "id": self._gateway.plan.site.id, **self._figure(self._devices, figures)}]
        for enterprise in self._enterprises:
            rows.append({"level": "enterprise", "enterprise": enterprise.id, **self._enterprise(enterprise, figures)})
            rows += [
                {"level": "device", "enterprise": enterprise.id, "id": device.id, **self._figure([device], figures)}
                for device in self._devices_of(enterprise)
            ]
        return rows

    # -- parts --------------------------------------------------------------------------------------------------------

    def _devices_of(self, enterprise: Enterprise) -> list[Device]:
        return [device for device in self._devices if device.enterprise == enterprise.id]

    def _enterprise(self, enterprise: Enterprise, figures: Figures) -> Json:
        shown = names(enterprise.names, enterprise.id)
        return {"id": enterprise.id, "name": shown, **self._figure(self._devices_of(enterprise), figures)}

    def _figure(self, devices: list[Device], figures: Figures) -> Json:
        states = self._views.count_states(devices)
        tally = total(figures.tallies[device.id] for device in devices if device.id in figures.tallies)
        return {
            "known": states["known"],
            "connected": states["connected"],
            "answering": states["answering"],
            **_tally(tally),
            "gateway_down_s": _seconds(figures.down_ns),
        }

    def _device(self, device: Device, figures: Figures, words: Words) -> Json:
        said = words.sentence(device, len(self._gateway.points_of(device)))
        return {
            "id": device.id,
            "name": names(device.names, device.id),
            "state": self._views.device_state(device)["state"],
            "since_ms": ms(words.since_ns(device)),
            **self._figure([device], figures),
            "sentence": {"en": said.en, "zh": said.zh},
        }

    def _words(self) -> Words:
        gateway = self._gateway
        return Words(self._keeper, gateway.snapshot, gateway.plan.devices, self._now_ns, gateway.started_ns)

    async def _hours(self, devices: Sequence[str]) -> Series:
        return await self._keeper.book.series(Kind.HOUR, self._hour_starts()[0], self._now_ns, set(devices))

    def _hour_starts(self) -> list[int]:
        """The running hour and those before it."""
        first_ns = self._now_ns - (HOURS_SHOWN - 1) * HOUR_NS
        return list(hours_between(first_ns, self._now_ns + 1, self._keeper.zone))[-HOURS_SHOWN:]

    def _hour_list(self, device: Device, hours: Series) -> list[Json]:
        return [_span(device, hour_ns, hours) for hour_ns in self._hour_starts()]

    def _longest(self, outages: Iterable[Outage], asked: Range) -> list[Outage]:
        """The longest by their time in the range, gateway-down time apart."""

        def length_ns(outage: Outage) -> int:
            end_ns = min(self._now_ns if outage.to_ns is None else outage.to_ns, asked.to_ns)
            return end_ns - max(outage.from_ns, asked.from_ns) - outage.down_ns

        return sorted(outages, key=length_ns, reverse=True)[:LONGEST_SHOWN]

    def _outage(self, outage: Outage) -> Json:
        return {
            "device": outage.device,
            "from_ms": ms(outage.from_ns),
            "to_ms": ms(outage.to_ns),
            "reason": outage.reason.value,
            "message": outage.message,
            "gateway_down_s": _seconds(outage.down_ns),
        }


def _tally(tally: Tally) -> Json:
    return {
        "expected": tally.expected,
        "received": tally.received,
        "good": tally.good,
        "rate": tally.rate,
        "reasons": {reason.value: samples for reason, samples in tally.missing.most_common() if samples},
    }


def _span(device: Device, from_ns: int, series: Series) -> Json:
    tally = series.tallies.get((device.id, from_ns), Tally())
    return {
        "from_ms": ms(from_ns),
        "rate": tally.rate,
        "expected": tally.expected,
        "good": tally.good,
        "gateway_down_s": _seconds(series.down_ns.get(from_ns, 0)),
    }


def _seconds(length_ns: int) -> float:
    return round(length_ns / 1e9, 1)
