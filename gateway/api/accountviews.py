"""Running figures for the live stream: read from ledger.db once, then kept by what the energy consumer commits."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.accounts.books import Books
from gateway.accounts.energy.emission_rates import EmissionRates
from gateway.accounts.energy.live import LiveAccounts, base_answer
from gateway.accounts.energy.live_figures import live_figures
from gateway.accounts.energy.live_hours import live_hours
from gateway.api.access import Principal
from gateway.core.errors import Unavailable
from gateway.pipeline.engine import Gateway
from gateway.rulebook.issues import Issues
from gateway.rulebook.schedules import compile_schedules
from rules.energy.quantity import IntervalQuantity
from rules.schedule.schedule import Schedule

Json = dict[str, Any]
_LOG = logging.getLogger(__name__)
PAUSE_S = 30.0  # after a reading that failed
AT_ONCE = 20  # entities a second; one costs about half a millisecond
WORKING = "working"  # the schedule of this name, or `working-<enterprise>`: outside it use is off-hours use


class AccountViews:
    """What the API says of accounts while the gateway runs. Used on the loop."""

    def __init__(self, gateway: Gateway) -> None:
        self.live: LiveAccounts
        self.rates: EmissionRates
        self._gateway = gateway
        self._books: Books | None = None
        self._lock = asyncio.Lock()
        self._reading: asyncio.Task[None] | None = None
        self._again_s = 0.0  # monotonic
        self._figures: dict[str, tuple[tuple[int, int], Json]] = {}  # by entity, with the revision that they are of
        self._second = self._worked_out = 0
        self._follow()
        gateway.on_reload(self._follow)
        gateway.energy.add_listener(self._changed)

    def _follow(self) -> None:
        """Go by the configuration in force; with other books everything is read again."""
        gateway = self._gateway
        self._schedules = compile_schedules(gateway.plan.rules, gateway.plan.site.timezone, Issues())
        if self._books is not gateway.books:
            self._books = gateway.books
            self.live = LiveAccounts(gateway.books)
            self.rates = EmissionRates(gateway.books)
            self._figures.clear()

    def _changed(self, intervals: Mapping[str, Sequence[IntervalQuantity]]) -> None:
        pairs = [(tag, interval) for tag, found in intervals.items() for interval in found]
        self.live.changed(pairs, self._gateway.clock.time_ns())

    def kinds(self) -> dict[str, str]:
        """Kinds of devices by id."""
        return {device.id: device.kind for device in self._gateway.plan.devices}

    def working(self, entity: str) -> Schedule | None:
        """The working hours of an entity; `None` where none are configured."""
        return self._schedules.get(f"{WORKING}-{entity}") or self._schedules.get(WORKING)

    def refresh(self) -> None:
        """Have what is not known read beside everything else; what cannot be read now is tried again next time."""
        is_reading = self._reading is not None and not self._reading.done()
        is_due = self._gateway.clock.monotonic() >= self._again_s
        if is_due and not is_reading and (not self.live.is_loaded or self.live.stale):
            self._reading = asyncio.get_running_loop().create_task(self._read(), name="accounts")

    async def _read(self) -> None:
        try:
            await self.ready()
        except (Unavailable, ValueError) as error:  # ValueError: a stored day was changed; `ledger verify` names it
            _LOG.warning("accounts_not_read error=%s", error)
            self._again_s = self._gateway.clock.monotonic() + PAUSE_S

    async def ready(self) -> None:
        """Read what is not known, or not any more. Raises Unavailable."""
        async with self._lock:
            live = self.live
            if live.is_loaded and not live.stale:
                return
            now_ns = self._gateway.clock.time_ns()
            tags = live.begin_reading(now_ns)
            try:
                directory, books = self._gateway.plan.store.directory, self._gateway.books
                base = await self._gateway.jobs.run(base_answer, directory, books, tags, now_ns)
            except BaseException:
                live.give_up_reading()
                raise
            live.adopt(base)

    @property
    def revision(self) -> tuple[int, int]:
        """Another number where the figures are others: something was committed, or an interval went by."""
        step_ns = self.live.books.interval_s * 1_000_000_000
        return self.live.revision, self._gateway.clock.time_ns() // step_ns

    def changed(self, principal: Principal, told: dict[str, Json]) -> list[Json]:
        """The figures that the reader may see and was not told yet; `told` is brought up to date.

        At most `AT_ONCE` entities are worked out in a second: the loop is everybody's, and the others come next time.
        """
        if not self.live.is_loaded:
            return []
        found: list[Json] = []
        for name in self.live.payers if principal.enterprise is None else (principal.enterprise,):
            figures = self._current(name)
            if figures is not None and told.get(name) is not figures:
                told[name] = figures
                found.append(figures)
        return found

    async def hours(self, name: str) -> Json:
        """Emissions of today by the hour of an entity; none where it has no books. Raises Unavailable."""
        await self.ready()
        if name not in self.live.payers:
            return {"entity": {"id": name}, "basis": self.rates.basis.value, "hours": []}
        return live_hours(self.live, self.rates, name, self._gateway.clock.time_ns())

    def _current(self, name: str) -> Json | None:
        """The newest figures that there is time for; the same object while they are the same."""
        revision, figures = self._figures.get(name, (None, None))
        now_ns = self._gateway.clock.time_ns()
        if name not in self.live.payers or revision == self.revision or not self._has_time(now_ns):
            return figures
        fresh = live_figures(self.live, self.rates, name, now_ns)
        figures = figures if figures == fresh else fresh
        self._figures[name] = (self.revision, figures)
        return figures

    def _has_time(self, now_ns: int) -> bool:
        second = now_ns // 1_000_000_000
        if second != self._second:
            self._second, self._worked_out = second, 0
        self._worked_out += 1
        return self._worked_out <= AT_ONCE
