"""The accounts of one gateway: its books, ledger.db, the jobs process, and the energy consumer behind its forwarder."""

from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from random import Random
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books
from gateway.config.plan import ParkPlan
from gateway.core.batch import Batch, Stream
from gateway.core.clock import Clock
from gateway.core.device import Device
from gateway.core.errors import ConfigError
from gateway.core.history import History
from gateway.core.jobs import Jobs
from gateway.core.point import Point
from gateway.pipeline.checkpoint_export import TAGS as CHECKPOINT_TAGS
from gateway.pipeline.checkpoint_export import CheckpointBatches
from gateway.pipeline.energy import COMMIT_S, NAME, STREAMS, EnergyKeeper, Surroundings
from gateway.pipeline.energy_export import IntervalExport, tags_of
from gateway.pipeline.energy_points import BalancePoints
from gateway.pipeline.forward import Forwarder
from gateway.rulebook.balance import balance_points
from gateway.store.checkpoints import Checkpoint
from gateway.store.deadletter import DeadLetters
from gateway.store.ledger import Ledger
from gateway.store.outbox import Outbox

FLUSH_AFTER_S = 300.0  # without a counter: then what was taken in is committed before its interval is over
WRITE_TIMEOUT_S = 900.0  # late data may need a recalculation


class Accounting:
    """Opened by the engine with its stores."""

    def __init__(self, plan: ParkPlan, books: Books) -> None:
        self.books = books
        self.ids: dict[str, int] = {}  # of points, by tag
        self.renamed: dict[str, str] = {}  # tags: former -> present
        self.ledger: Ledger
        self.jobs: Jobs
        self.energy: EnergyKeeper
        self._clock: Clock
        self._outbox: Outbox
        self._accept: Callable[[Batch], object]
        self._plan = plan
        self._export: IntervalExport | None = None

    async def open(
        self, exits: AsyncExitStack, clock: Clock, outbox: Outbox, history: Callable[[], History | None]
    ) -> None:
        """Open ledger.db, and what works with it. Raises ConfigError, Unavailable."""
        check_names(self._plan)
        store, zone = self._plan.store, ZoneInfo(self._plan.site.timezone)
        self.ledger = await Ledger.open(store.directory, clock, durability=store.durability, zone=zone)
        exits.push_async_callback(self.ledger.close)
        self.jobs = Jobs()
        exits.push_async_callback(self.jobs.close)
        around = Surroundings(
            self.ids,
            history,
            lambda: (outbox.identity, outbox.highest_seq),
            lambda: outbox.cursor(NAME, Stream.COUNTERS),
            lambda: outbox.account(NAME).oldest_ns,
            self.renamed,
            balanced(self._plan),
        )
        self._clock = clock
        commit_s = max(COMMIT_S, store.commit_interval_s)
        self.energy = EnergyKeeper(self.ledger, self.books, self.jobs, clock, around, commit_s=commit_s)

    def connect(self, ids: Mapping[str, int], outbox: Outbox, accept: Callable[[Batch], object]) -> None:
        """Let balances go the way of every batch, checkpoints and intervals to the sinks. `ids` has every tag."""
        self.ids.update(ids)
        self._outbox, self._accept = outbox, accept
        checkpoints = CheckpointBatches(self._plan.site.id, ids)

        async def tell(checkpoint: Checkpoint) -> None:
            if not outbox.is_full:  # it is told again at the next start
                outbox.append(Stream.TELEMETRY, checkpoints.batch(checkpoint))

        self.ledger.on_checkpoint = tell
        self._connect_books()

    def _connect_books(self) -> None:
        self.energy.points.connect(self._accept)
        self.energy.export = self._export = None
        if self._plan.sinks and self.books.meters:
            outbox = self._outbox
            export = self._export = IntervalExport(self.ledger, self.books, self.ids, self._clock)
            export.connect(lambda batch: None if outbox.is_full else outbox.append(Stream.TELEMETRY, batch))
            self.energy.export = export.copy

    # -- another configuration ----------------------------------------------------------------------------------------

    def is_changed_by(self, plan: ParkPlan, books: Books) -> bool:
        """True where `change` has something to do."""
        return books is not self.books or bool(plan.sinks) != bool(self._plan.sinks)

    def points_of(self, plan: ParkPlan, books: Books) -> dict[str, dict[str, Point]]:
        """The points of balances by device and name, as these books have them."""
        points = self.energy.points if books is self.books else BalancePoints(books, balanced(plan))
        return points.points()

    def change(self, plan: ParkPlan, books: Books, ids: Mapping[str, int], former: Mapping[str, str]) -> None:
        """Go on with other books, while the energy consumer's forwarder rests. `former`: tags, former -> present."""
        self.ids.update(ids)
        self.renamed.clear()
        self.renamed.update(former)
        if books is not self.books:
            self.energy.change(books, balanced(plan))
        self._plan, self.books = plan, books
        self._connect_books()

    def on_durable(self, position: int) -> None:
        """The outbox has committed everything up to this position."""
        if self._export is not None:
            self._export.on_durable(position)

    def forwarder(self, outbox: Outbox, dead_letters: DeadLetters, clock: Clock, random: Random) -> Forwarder:
        """What brings the counters to the energy consumer."""
        return Forwarder(
            self.energy,
            outbox,
            dead_letters,
            clock,
            random,
            write_timeout_s=WRITE_TIMEOUT_S,
            flush_after_s=FLUSH_AFTER_S,
            streams=STREAMS,
        )

    @property
    def findings(self) -> list[str]:
        """What a person should look at."""
        return [*self.ledger.findings, *self.energy.findings]


def streams_of(books: Books) -> dict[str, tuple[Stream, ...]]:
    """What the energy consumer takes, by its name; empty where no meter is connected."""
    return {NAME: STREAMS} if any(not meter.is_manual for meter in books.meters.values()) else {}


def account_tags(plan: ParkPlan, books: Books) -> list[str]:
    """What else gets an integer id: the sinks are told of checkpoints and finished intervals."""
    return [*CHECKPOINT_TAGS, *(tags_of(books) if plan.sinks else ())]


def check_names(plan: ParkPlan) -> None:
    """Raises ConfigError for a sink that has the name of the energy account."""
    if any(sink.name == NAME for sink in plan.sinks):
        raise ConfigError(f"a sink cannot be called `{NAME}`: that is the energy account", "give it another name")


def balanced(plan: ParkPlan) -> dict[str, Device]:
    """The devices that may have points of balances, by id."""
    wanted = balance_points(plan)
    return {device.id: device for device in plan.devices if device.id in wanted}
