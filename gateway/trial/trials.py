"""Runs written tests of rules: feeds their series to an engine of its own and compares at the times that they name."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from math import isclose
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.config.files import FileReader
from gateway.config.plan import ParkPlan
from gateway.config.problems import Finding, Report
from gateway.config.secrets import Vault
from gateway.config.validate import Validator
from gateway.core.alarm import Actor, AlarmState, Condition
from gateway.core.device import Device
from gateway.core.errors import Rejected
from gateway.core.point import Point
from gateway.rulebook import Rulebook
from gateway.trial.models import ActionModel, AlarmTestModel, TrialFileModel, TrialModel, ValueTestModel
from gateway.trial.series import Sample, SeriesError, parse_series
from gateway.trial.stage import Feed, Stage
from rules.alarms.engine import NotAllowed

TESTER = Actor("test", "operator", "rules test")
_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Failure:
    """What was not as the test says."""

    test: str
    time_s: float  # from the test's start
    about: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.test}: at {self.time_s:g} s, {self.about}: expected {self.expected}, found {self.found}"


def read_trials(path: Path) -> list[TrialModel]:
    """The tests of a file, at least one. Raises ConfigErrors with every mistake and its place, Rejected for none."""
    report = Report()
    vault = Vault({}, path.parent, report)
    tree = FileReader(vault).yaml(path)
    report.raise_problems()
    if tree is None:
        raise Rejected(f"{path} has no tests", "see `park-gateway rules test --help`")
    found = Validator(vault).read(TrialFileModel, tree)
    report.raise_problems()
    assert found is not None
    return found.tests


class Trials:
    """Runs tests against one rulebook."""

    def __init__(self, plan: ParkPlan, rulebook: Rulebook) -> None:
        self._zone = ZoneInfo(plan.site.timezone)
        self._rulebook = rulebook
        self._points: dict[str, tuple[Device, Point]] = {}
        for connection in plan.connections:
            for device in connection.devices:
                for group in device.groups:
                    for point in group.points:
                        self._points[f"{device.device.id}.{point.name}"] = (device.device, point)

    @property
    def findings(self) -> list[Finding]:
        """What the rulebook itself warns of."""
        return list(self._rulebook.findings)

    def run(self, trial: TrialModel) -> list[Failure]:
        """What was not as it should be. Raises Rejected for a test that cannot be run."""
        return list(_Run(trial, self).failures())

    def known(self, tag: str) -> tuple[Device, Point]:
        """The device and point of a tag. Raises Rejected."""
        if tag not in self._points:
            raise Rejected(f"there is no point `{tag}`", "`park-gateway check` counts the points; `read` lists them")
        return self._points[tag]

    def stage(self, trial: TrialModel, start_ns: int) -> Stage:
        """An engine with the rules that the test is about. Raises Rejected for an unknown rule."""
        alarms, derived = self._rulebook.alarms, self._rulebook.derived
        unknown = [rule for rule in trial.rules if rule not in {alarm.rule for alarm in alarms}]
        if unknown:
            raise Rejected(f"there is no rule `{unknown[0]}`", "`rules` takes the names under `alarms:`")
        if trial.rules:
            alarms = tuple(alarm for alarm in alarms if alarm.rule in trial.rules)
        return Stage(alarms, derived, start_ns)

    def start_ns(self, moment: datetime) -> int:
        """A test's start as UTC nanoseconds."""
        placed = moment if moment.tzinfo else moment.replace(tzinfo=self._zone)
        return int(placed.timestamp()) * _SECOND


@dataclass(frozen=True, slots=True)
class _Row:
    """What comes of one device at one time."""

    feed: Feed
    samples: dict[str, Sample]


_Step = tuple[int, int, _Row | ActionModel | AlarmTestModel | ValueTestModel]


class _Run:
    """One test."""

    def __init__(self, trial: TrialModel, trials: Trials) -> None:
        self._trial = trial
        self._name = trial.name or "test"
        self._start_ns = trials.start_ns(trial.start)
        self._stage = trials.stage(trial, self._start_ns)
        self._series = [
            (trials.known(entry.series), _parsed(entry.series, entry.values)) for entry in trial.input_series
        ]
        self._interval_ns = round(trial.interval * _SECOND)

    def failures(self) -> Iterator[Failure]:
        """Feeds, acts and checks, in the order of time; what comes at one time in this order. Raises Rejected."""
        if not (self._trial.alarm_test or self._trial.value_test):
            raise Rejected(f"{self._name} expects nothing: it could not fail", "add `alarm_test:` or `value_test:`")
        steps: list[_Step] = [*self._feeds(), *self._actions(), *self._checks()]
        for time_ns, _, step in sorted(steps, key=lambda step: step[:2]):
            self._stage.advance(time_ns)
            if isinstance(step, ActionModel):
                self._act(step)
            elif isinstance(step, AlarmTestModel):
                yield from self._check_alarm(step)
            elif isinstance(step, ValueTestModel):
                yield from self._check_value(step)
            else:
                self._stage.feed(step.feed, step.samples, time_ns)

    def _at_ns(self, seconds: float) -> int:
        return self._start_ns + round(seconds * _SECOND)

    def _feeds(self) -> Iterator[tuple[int, int, _Row]]:
        by_device: dict[Device, list[tuple[Point, list[Sample]]]] = defaultdict(list)
        for (device, point), samples in self._series:
            by_device[device].append((point, samples))
        for device, columns in by_device.items():
            feed = Feed(device, tuple(point for point, _ in columns), self._trial.interval)
            for number in range(max(len(samples) for _, samples in columns)):
                row = {point.name: samples[number] for point, samples in columns if number < len(samples)}
                if any(sample.has_come for sample in row.values()):
                    yield self._start_ns + number * self._interval_ns, 0, _Row(feed, row)

    def _actions(self) -> Iterator[tuple[int, int, ActionModel]]:
        return ((self._at_ns(action.at), 1, action) for action in self._trial.actions)

    def _checks(self) -> Iterator[tuple[int, int, AlarmTestModel | ValueTestModel]]:
        checks: list[AlarmTestModel | ValueTestModel] = [*self._trial.alarm_test, *self._trial.value_test]
        return ((self._at_ns(check.eval_time), 2, check) for check in checks)

    def _act(self, action: ActionModel) -> None:
        engine, now_ns, text = self._stage.engine, self._stage.now_ns, action.comment
        try:
            if action.acknowledge:
                engine.acknowledge(action.acknowledge, TESTER, text, now_ns)
            if action.reset:
                engine.reset(action.reset, TESTER, text, now_ns)
            if action.shelve:
                duration_ns = None if action.duration is None else round(action.duration * _SECOND)
                engine.shelve(action.shelve, TESTER, text, now_ns, duration_ns)
            if action.unshelve:
                engine.unshelve(action.unshelve, TESTER, text, now_ns)
        except KeyError as error:
            raise Rejected(f"{self._name}: there is no alarm {error}", "an alarm is `rule:device`") from error
        except NotAllowed as error:
            raise Rejected(f"{self._name}: at {action.at:g} s: {error}") from error

    def _check_alarm(self, check: AlarmTestModel) -> Iterator[Failure]:
        if check.active is not None:
            views = self._stage.views()
            found = sorted(view.spec.id for view in views if view.condition is Condition.ACTIVE)
            if found != sorted(check.active):
                yield self._failure(check.eval_time, "active alarms", sorted(check.active), found)
        if not check.alarm:
            return
        try:
            view = self._stage.engine.view(check.alarm)
        except KeyError as error:
            raise Rejected(f"{self._name}: there is no alarm {error}", "an alarm is `rule:device`") from error
        seen = {
            "state": view.state,
            "condition": view.condition,
            "priority": view.priority.name.lower(),
            "value": view.value,
            "message": view.message.en,
            "occurrence": view.occurrence,
            "first_out": view.first_out,
        }
        wanted = check.expect.model_dump(exclude_none=True) if check.expect else {"state": AlarmState.UNACKNOWLEDGED}
        for name, expected in wanted.items():
            if not _equal(expected, seen[name], 1e-9):
                yield self._failure(check.eval_time, f"{name} of {check.alarm}", expected, seen[name])

    def _check_value(self, check: ValueTestModel) -> Iterator[Failure]:
        found = self._stage.latest(check.point).value
        if not _equal(check.value, found, check.tolerance):
            yield self._failure(check.eval_time, check.point, check.value, found)

    def _failure(self, time_s: float, about: str, expected: object, found: object) -> Failure:
        return Failure(self._name, time_s, about, _shown(expected), _shown(found))


def _parsed(series: str, values: str) -> list[Sample]:
    try:
        return parse_series(values)
    except SeriesError as error:
        raise Rejected(
            f"series `{series}`, column {error.column}: {error}", "see `park-gateway rules test --help`"
        ) from error


def _equal(expected: object, found: object, tolerance: float) -> bool:
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if isinstance(expected, float | int) and isinstance(found, float | int):
        return isclose(expected, found, rel_tol=tolerance, abs_tol=1e-12)
    return expected == found


def _shown(value: object) -> str:
    if isinstance(value, AlarmState | Condition):
        return value.value
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "no value" if value is None else str(value)
