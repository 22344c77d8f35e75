"""What the API says about connectivity: figures of the park, of enterprises and of devices, outages, sentences."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.api.access import Principal
from gateway.api.views import Views, names
from gateway.core.device import Device, Enterprise
from gateway.core.ownership import EVER_NS
from gateway.pipeline.connectivity_book import Figures, Series
from gateway.pipeline.connectivity_words import Words
from gateway.pipeline.engine import Gateway
from gateway.pipeline.report import ms
from rules.connectivity.silence import Outage
from rules.connectivity.spans import (
    HOUR_NS,
    Kind,
    Period,
    day_after_ns,
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
        since = {device.id: views.since_ns(principal, device.id) for device in self._devices}
        self._since = {device: since_ns for device, since_ns in since.items() if since_ns > EVER_NS}
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
        figures = await self._figures(asked)
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
        figures = await self._figures(asked)
        hours = await self._hours(ids)
        outages = self._owned(await self._keeper.book.outages(asked.from_ns, asked.to_ns, ids, OUTAGES_SHOWN))
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
        figures = await self._figures(asked)
        hours = await self._hours([device.id])
        first_ns = self._now_ns - DAYS_SHOWN * _DAY_NS
        days = list(days_between(first_ns, self._now_ns, self._keeper.zone))[-DAYS_SHOWN:]
        series = await book.series(Kind.DAY, days[0], self._now_ns, {device.id})
        if device.id in self._since:
            await self._cut(series, device.id, days)
        outages = self._owned(await book.outages(days[0], self._now_ns + _DAY_NS, [device.id], OUTAGES_SHOWN))
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
        figures = await self._figures(asked)
        rows = [{"level": "park", "id": self._gateway.plan.site.id, **self._figure(self._devices, figures)}]
        for enterprise in self._enterprises:
            rows.append({"level": "enterprise", "enterprise": enterprise.id, **self._enterprise(enterprise, figures)})
            rows += [
                {"level": "device", "enterprise": enterprise.id, "id": device.id, **self._figure([device], figures)}
                for device in self._devices_of(enterprise)
            ]
        return rows

    # -- since the devices are theirs -------------------------------------------------------------------------------

    async def _figures(self, asked: Range) -> Figures:
        """Sums by device: of one that came from somebody else, since the first whole hour in which it was theirs."""
        found = await self._keeper.book.figures(asked.from_ns, asked.to_ns)
        late = {device: self._whole_hour(ns) for device, ns in self._since.items() if ns > asked.from_ns}
        own = {
            first_ns: await self._keeper.book.figures(first_ns, asked.to_ns)
            for first_ns in set(late.values())
            if first_ns < asked.to_ns
        }
        for device, first_ns in late.items():
            known = own[first_ns].tallies.get(device) if first_ns in own else None
            found.tallies[device] = known or Tally()
        return found

    def _whole_hour(self, since_ns: int) -> int:
        """The first local hour that lies behind this time as a whole."""
        hour_ns = place_of(since_ns, self._keeper.zone).hour_ns
        return hour_ns if hour_ns == since_ns else hour_ns + HOUR_NS

    async def _cut(self, series: Series, device: str, days: Sequence[int]) -> None:
        """Of the days in which the device was not theirs all the time, leave what lies behind."""
        first_ns = self._whole_hour(self._since[device])
        for day_ns in days:
            if day_ns >= first_ns:
                continue
            series.tallies.pop((device, day_ns), None)
            end_ns = day_after_ns(day_ns, self._keeper.zone)
            if first_ns < end_ns:
                figures = await self._keeper.book.figures(first_ns, end_ns)
                series.tallies[device, day_ns] = figures.tallies.get(device, Tally())

    def _owned(self, outages: Iterable[Outage]) -> list[Outage]:
        """Outages since the devices are theirs; one that was there before is told as from then on."""
        found: list[Outage] = []
        for outage in outages:
            since_ns = self._since.get(outage.device, EVER_NS)
            if outage.from_ns >= since_ns:
                found.append(outage)
            elif outage.to_ns is None or outage.to_ns > since_ns:
                length_ns = (self._now_ns if outage.to_ns is None else outage.to_ns) - since_ns
                found.append(replace(outage, from_ns=since_ns, down_ns=min(outage.down_ns, max(length_ns, 0))))
        return found

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
        moment = self._now_ns, gateway.started_ns
        return Words(self._keeper, gateway.snapshot, gateway.plan.devices, *moment, self._since)

    async def _hours(self, devices: Sequence[str]) -> Series:
        found = await self._keeper.book.series(Kind.HOUR, self._hour_starts()[0], self._now_ns, set(devices))
        for device, hour_ns in [key for key in found.tallies if key[1] < self._since.get(key[0], EVER_NS)]:
            del found.tallies[device, hour_ns]
        return found

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
        "reasons": {reason.value: samples for reason, samples in tally.reasons.most_common()},
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
