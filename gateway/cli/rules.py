"""`park-gateway rules check|test|replay|reload`: rules before and while they run."""

import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from gateway.cli.console import (
    DEFAULT_CONFIG,
    EXIT_CONFIG,
    EXIT_FAILED,
    EXIT_USAGE,
    AsJson,
    ConfigPath,
    errors_for_people,
    fail,
    load_rules,
    print_json,
    print_line,
    print_table,
    say,
)
from gateway.cli.peer import ask

if TYPE_CHECKING:
    from gateway.core.alarm import AlarmEvent
    from gateway.rulebook import Rulebook
    from gateway.trial.replay import Replayed

NAME = "rules"
EVENTS_SHOWN = 200
app = typer.Typer(name=NAME, help="Rules: check, test, replay, reload.", no_args_is_help=True)
Rules = Annotated[list[str] | None, typer.Option("--rule", help="Only this rule; may be given several times.")]


@app.command("check")
def check(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Check the rules: every error with file, line and column; then how many alarms each rule has."""
    _, rulebook = load_rules(config)
    rows = [(info.rule, info.alarms, "yes" if info.is_enabled else "no", _place(info)) for info in rulebook.rules]
    if as_json:
        print_json([dict(zip(("rule", "alarms", "enabled", "place"), row, strict=True)) for row in rows])
        return
    print_table(["rule", "alarms", "enabled", "where"], rows)
    print_line("")
    print_line(f"{len(rulebook.rules)} rules, {len(rulebook.alarms)} alarms, {len(rulebook.derived)} computed points")


@app.command("test")
def run_tests(
    files: Annotated[list[Path], typer.Argument(help="Files of tests: series of values, and what must be true when.")],
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Run tests of rules, in the layout of `promtool test rules`. Exit code 1 where one fails.

    A file: `tests: [{name, interval: 10 s, input_series: [{series: tx1.power_active, values: "700x5 850x20"}],
    alarm_test: [{eval_time: 2 min, alarm: "overload:tx1", expect: {state: unacknowledged}}]}]`. Values: `5x3` four
    samples, `5+2x3` 5 7 9 11, `_` none, `bad` one without value.
    """
    from gateway.config import ConfigErrors
    from gateway.trial.trials import Trials, read_trials

    loaded, rulebook = load_rules(config, quiet=as_json)
    trials = Trials(loaded.plan, rulebook)
    count, failures = 0, []
    with errors_for_people():
        for path in files:
            try:
                for trial in read_trials(path):
                    count += 1
                    failures += [(path, failure) for failure in trials.run(trial)]
            except ConfigErrors as errors:
                for problem in errors.problems:
                    say(str(problem))
                raise typer.Exit(EXIT_CONFIG) from None
    if as_json:
        print_json({"tests": count, "failures": [{"file": str(path), "text": str(found)} for path, found in failures]})
    else:
        for path, failure in failures:
            print_line(f"{path}: {failure}")
        print_line(
            f"{count} tests, {len({(p, f.test) for p, f in failures})} failed" if failures else f"{count} tests passed"
        )
    if failures:
        raise typer.Exit(EXIT_FAILED)


@app.command("replay")
def replay(
    start: Annotated[str | None, typer.Option("--from", help="ISO time; default: 24 h before the end.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="ISO time; default: now.")] = None,
    rule: Rules = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """What the rules would have raised in the past, from the stored samples. Changes nothing."""
    from gateway.cli.export import Export, bounds_of, fetch
    from gateway.core.history import Format
    from gateway.trial.replay import Replay, inputs, read_rows

    loaded, rulebook = load_rules(config, quiet=as_json)
    rules = _known(rulebook, rule or [])
    bounds = bounds_of(start, end)
    player = Replay(loaded.plan, rulebook, rules, bounds[0])
    tags = [tag for tag in inputs(rulebook, rules) if tag in player.types]
    if not tags:
        fail("these rules look at no point of a device", "`park-gateway rules check` lists the rules", EXIT_USAGE)
    with errors_for_people(), tempfile.TemporaryDirectory(prefix="park-gateway-") as folder:
        part = Path(folder) / "samples.csv"
        fetch(loaded.plan, Export(tags, bounds, Format.CSV), part)
        done = player.run(read_rows(part, player.types), bounds[1])
    if not done.samples and not as_json:
        say("the history holds no sample of these points in this time: nothing was tried")
    if as_json:
        print_json(_as_json(done))
    else:
        _show(done, ZoneInfo(loaded.plan.site.timezone))


@app.command("reload")
def reload(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Let the running gateway read its rules again; alarms that are the same keep their state."""
    loaded, _ = load_rules(config, quiet=as_json)
    with errors_for_people():
        answer = ask(loaded.plan.api.socket, "POST", "/api/v1/rules/reload")
    if as_json:
        print_json(answer)
        return
    print_line("alarms: {added} added, {changed} changed, {removed} removed, {kept} kept".format(**answer))
    for finding in answer["findings"]:
        print_line(f"finding: {finding}")


def _place(info: Any) -> str:
    return f"pack {info.pack}" if info.pack else f"{info.file}:{info.line}"


def _known(rulebook: "Rulebook", rules: list[str]) -> list[str]:
    from gateway.config.problems import nearest

    names = {info.rule for info in rulebook.rules}
    for rule in rules:
        if rule not in names:
            fail(f"there is no rule `{rule}`", nearest(rule, names), EXIT_USAGE)
    return rules


def _show(done: "Replayed", zone: ZoneInfo) -> None:
    for event in done.events[:EVENTS_SHOWN]:
        print_line(_line(event, zone))
    if len(done.events) > EVENTS_SHOWN:
        print_line(f"... and {len(done.events) - EVENTS_SHOWN} more")
    print_line("")
    raised = sum(done.raised.values())
    print_line(f"{done.samples} samples, {raised} alarms raised, {len(done.standing)} still active at the end")
    for alarm, count in list(done.raised.items())[:10]:
        print_line(
            f"  {count:6} {alarm}{'  chatters: give it a delay or hysteresis' if alarm in done.chattering else ''}"
        )


def _line(event: "AlarmEvent", zone: ZoneInfo) -> str:
    moment = datetime.fromtimestamp(event.time_ns / 1e9, zone)
    text = event.message.en or event.message.zh
    return (
        f"{moment:%Y-%m-%d %H:%M:%S} {event.transition.value:12} {event.priority.name.lower():6} {event.alarm}  {text}"
    )


def _as_json(done: "Replayed") -> dict[str, Any]:
    events = [
        {
            "time_ms": event.time_ns // 1_000_000,
            "alarm": event.alarm,
            "transition": event.transition.value,
            "priority": int(event.priority),
            "message": {"en": event.message.en, "zh": event.message.zh},
        }
        for event in done.events
    ]
    return {
        "samples": done.samples,
        "raised": done.raised,
        "chattering": done.chattering,
        "standing": done.standing,
        "events": events,
    }
