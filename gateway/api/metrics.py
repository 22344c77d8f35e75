"""/metrics in the Prometheus text format, read from the components' own counters when asked."""

from collections import Counter
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from gateway import __version__
from gateway.core.alarm import Priority
from gateway.pipeline.engine import Gateway

PREFIX = "park_gateway_"


class GatewayCollector(Collector):
    """Turns the gateway's counters into metric families at each scrape."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def collect(self) -> Iterable[Metric]:
        """All families."""
        yield from self._gateway_itself()
        yield from self._pipeline()
        yield from self._sources()
        yield from self._sinks()
        yield from self._outbox()
        yield from self._notifications()
        yield from self._alarms()
        yield from self._alarm_load()

    def _gateway_itself(self) -> Iterable[Metric]:
        gateway = self._gateway
        build = GaugeMetricFamily(f"{PREFIX}build_info", "1; the version is a label", labels=["version"])
        build.add_metric([__version__], 1)
        yield build
        for name, text, value in (
            ("start_time_seconds", "When the gateway started, seconds since 1970", gateway.started_ns / 1e9),
            ("ready", "1 while /readyz answers 200", int(not gateway.reasons_not_ready())),
            ("findings", "Things that somebody should look at: /api/v1/status says which", len(gateway.findings())),
            ("audit_log_fill_ratio", "Room taken of the audit log; 1: changes are refused", gateway.audit.fill),
        ):
            yield GaugeMetricFamily(f"{PREFIX}{name}", text, value=value)

    def _pipeline(self) -> Iterable[Metric]:
        events = CounterMetricFamily(
            f"{PREFIX}pipeline_events", "What happened in the pipeline, by kind", labels=["event"]
        )
        for event, count in sorted(self._gateway.counts.items()):
            events.add_metric([event], count)
        yield events
        states = GaugeMetricFamily(f"{PREFIX}devices", "Devices by state", labels=["state"])
        for state, count in self._gateway.device_counts().items():
            states.add_metric([state], count)
        yield states
        ratios = GaugeMetricFamily(
            f"{PREFIX}device_availability_ratio",
            "Good samples per expected one in the last hour, by enterprise; the time the gateway did not run is apart",
            labels=["enterprise"],
        )
        for enterprise, rate in sorted(self._gateway.connectivity.recent_rates().items()):
            ratios.add_metric([enterprise], rate)
        yield ratios

    def _sources(self) -> Iterable[Metric]:
        up = GaugeMetricFamily(f"{PREFIX}source_up", "1 while the connection works", labels=["source"])
        events = CounterMetricFamily(
            f"{PREFIX}source_events", "Counters of a source, by kind", labels=["source", "event"]
        )
        restarts = CounterMetricFamily(
            f"{PREFIX}source_restarts", "How often the connection was tried again", labels=["source"]
        )
        for source in self._gateway.source_states():
            up.add_metric([source["name"]], int(source["error"] is None))
            restarts.add_metric([source["name"]], source["restarts"])
            for event, count in sorted(source["counts"].items()):
                events.add_metric([source["name"], event], count)
        yield from (up, restarts, events)

    def _sinks(self) -> Iterable[Metric]:
        samples = CounterMetricFamily(
            f"{PREFIX}sink_samples",
            "accepted = delivered + buffered + quarantined + dropped, per sink (buffered: see sink_buffered)",
            labels=["sink", "account", "cause"],
        )
        buffered = GaugeMetricFamily(f"{PREFIX}sink_buffered", "Samples waiting for the sink", labels=["sink"])
        up = GaugeMetricFamily(f"{PREFIX}sink_up", "1 while the sink takes samples", labels=["sink"])
        balanced = GaugeMetricFamily(f"{PREFIX}sink_balanced", "1 while the account adds up", labels=["sink"])
        for sink in self._gateway.sink_states():
            name = sink["name"]
            for account in ("accepted", "delivered", "quarantined"):
                samples.add_metric([name, account, ""], sink[account])
            for cause, count in sorted(sink["dropped"].items()):
                samples.add_metric([name, "dropped", cause], count)
            buffered.add_metric([name], sink["buffered"])
            balanced.add_metric([name], int(sink["balanced"]))
            up.add_metric([name], int(sink["error"] is None))
        yield from (samples, buffered, up, balanced)

    def _outbox(self) -> Iterable[Metric]:
        state = self._gateway.outbox_state()
        for name, text in (("bytes", "Bytes used"), ("rows", "Chunks held"), ("free_bytes", "Bytes free on the disk")):
            yield GaugeMetricFamily(f"{PREFIX}outbox_{name}", text, value=state[name])
        yield CounterMetricFamily(f"{PREFIX}outbox_commits", "Commits since the start", value=state["commits"])
        p99_ms = state["commit_p99_ms"]
        if p99_ms is not None:
            text = "99 of 100 commits took at most so long, lately"
            yield GaugeMetricFamily(f"{PREFIX}outbox_commit_p99_seconds", text, value=p99_ms / 1000)

    def _notifications(self) -> Iterable[Metric]:
        messages = CounterMetricFamily(
            f"{PREFIX}notifications",
            "Messages to people, by channel and outcome (expired: events that nobody was told of, for a stated reason)",
            labels=["channel", "outcome"],
        )
        queued = GaugeMetricFamily(f"{PREFIX}notifications_queued", "Events and messages that wait", labels=["channel"])
        up = GaugeMetricFamily(f"{PREFIX}channel_up", "1 while the channel delivers", labels=["channel"])
        for channel in self._gateway.watch.notifier.states():
            name = channel["name"]
            for outcome in ("sent", "failed", "expired"):
                messages.add_metric([name, outcome], channel[outcome])
            queued.add_metric([name], channel["queued"])
            up.add_metric([name], int(channel["state"] == "ok"))
        yield from (messages, queued, up)

    def _alarms(self) -> Iterable[Metric]:
        """How many alarms are in which state, and what has happened to them since the start."""
        states = GaugeMetricFamily(f"{PREFIX}alarms", "Alarms by state and priority", labels=["state", "priority"])
        now = Counter((view.state.value, view.priority.name.lower()) for view in self._gateway.alarms.views())
        for (state, priority), count in sorted(now.items()):
            states.add_metric([state, priority], count)
        events = CounterMetricFamily(f"{PREFIX}alarm_events", "Transitions of alarms, by kind", labels=["transition"])
        for transition, count in sorted(self._gateway.alarms.counts.items()):
            events.add_metric([transition], count)
        yield from (states, events)

    def _alarm_load(self) -> Iterable[Metric]:
        """The load on the operator in the last 24 h (EEMUA 191)."""
        report = self._gateway.alarms.metrics.report(self._gateway.clock.time_ns())
        mix = GaugeMetricFamily(f"{PREFIX}alarm_priority_24h", "Alarms raised in 24 h by priority", labels=["priority"])
        for priority in Priority:
            mix.add_metric([priority.name.lower()], report.priorities.get(priority, 0))
        yield mix
        per_operator = report.total / self._gateway.plan.site.operators
        for name, text, value in (
            ("raised_24h", "Alarms raised in 24 h; 144 are acceptable, 300 the most that can be managed", report.total),
            ("raised_24h_per_operator", "The same for each operator (`site: operators`)", per_operator),
            ("max_10min", "Most alarms in any 10 min of 24 h; above 10 is a flood", report.max_10min),
            ("flood", "1 while a flood lasts", int(report.flood.now)),
            ("flood_ratio", "Share of 24 h in flood; under 0.01 is the target", report.flood.share),
            ("chattering", "Alarms raised three times in a minute", len(report.chattering)),
            ("standing_24h", "Alarms active for more than 24 h; under 5 is the target", report.standing_24h),
            ("top_ten_ratio", "Share of the ten most frequent alarms", report.top_share),
        ):
            yield GaugeMetricFamily(f"{PREFIX}alarm_{name}", text, value=value)


def render(gateway: Gateway) -> bytes:
    """The whole text."""
    registry = CollectorRegistry()
    registry.register(GatewayCollector(gateway))
    return generate_latest(registry)
