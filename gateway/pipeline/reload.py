"""Configuration reload: read everything again, say what is other, take it in - or leave everything as it is.

read (thread) ─▶ mistakes? nothing changes ─▶ difference ─▶ rewiring ─▶ failed? back to the configuration before
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from gateway.accounts.books import Books
from gateway.config.difference import Change, Part, differences, lines_touched
from gateway.config.problems import Finding
from gateway.core.errors import Rejected, Unavailable
from gateway.pipeline.configuration import Configuration
from gateway.pipeline.effects import Effect, effects_of, needing_restart, refusals
from gateway.pipeline.lines import lines_of
from gateway.pipeline.report import ms
from gateway.pipeline.rewiring import Rewiring, Running, Target
from gateway.pipeline.watch import rule_changes

Json = dict[str, Any]
Read = Callable[[], Configuration]

READ_S = 120.0
STEP_S = 60.0  # for going to a configuration, and again for going back
WAITING = (Part.STORE, Part.API)  # for the next start
RESTART = "restart the gateway"
SUMMED_UP = 100  # changes
log = logging.getLogger("gateway.reload")


class Conflict(Rejected):
    """The files are not those that somebody looked at, or say more than was asked for."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a reload would take in, compared with what is in force."""

    target: Target
    changes: tuple[Change, ...]
    effects: tuple[Effect, ...]
    rules: dict[str, int]  # alarms added, changed, removed, kept
    is_other: bool  # something is to be done; otherwise at most lines moved in the files

    @property
    def others(self) -> list[str]:
        """The parts that are other besides rules, of those that can be taken in."""
        return sorted({change.part.value for change in self.changes if change.part not in (Part.RULES, *WAITING)})

    def as_json(self) -> Json:
        """For the API."""
        configuration = self.target.configuration
        return {
            "version": configuration.seen.version,
            "is_changed": bool(self.changes) or self.is_other,
            "changes": [change.as_json() for change in self.changes],
            "effects": [effect.as_json() for effect in self.effects],
            "rules": self.rules,
            "findings": findings_json(configuration),
            "restart_needed": list(self.target.pending),
        }


class Reloader:
    """Knows the configuration in force. One reload at a time."""

    def __init__(self, present: Target, running: Running, rewiring: Rewiring, read: Read | None) -> None:
        self.present = present
        self._running = running
        self._rewiring = rewiring
        self._read = read
        self._lock = asyncio.Lock()
        self._trouble = ""
        self._given_up: dict[str, int] = {}
        self._is_stopping = False

    @property
    def findings(self) -> list[str]:
        """What a person should look at because of a reload."""
        found = [f"{name} was changed in the configuration: {RESTART} to take it in" for name in self.present.pending]
        found += [f"sink `{name}` was removed; {n} samples had not reached it" for name, n in self._given_up.items()]
        return [*found, self._trouble] if self._trouble else found

    async def document(self) -> Json:
        """The configuration in force: the files with secrets masked, and what should be looked at in them."""
        present = self.present
        configuration = present.configuration
        texts, is_same = await asyncio.to_thread(
            lambda: (configuration.texts(), configuration.seen.is_as_on_disk()),
        )
        return {
            "version": configuration.seen.version,
            "loaded_ms": ms(present.loaded_ns),
            "is_changed_on_disk": not is_same,
            "files": [{"name": name, "text": text} for name, text in texts.items()],
            "findings": findings_json(configuration),
            "restart_needed": list(present.pending),
        }

    async def preview(self) -> Preview:
        """Read the files and compare. Raises ConfigErrors with every mistake, Rejected, Unavailable."""
        async with self._lock:
            return await self._look()

    async def reload(self, version: str | None = None, *, only_rules: bool = False) -> Json:
        """Take the configuration in that the files say now; with `version`, only where it is this one, with
        `only_rules` only where nothing else was changed (both: Conflict).

        Raises ConfigErrors with every mistake, Rejected, and Unavailable where a step failed; each time the
        configuration before is in force, or the message says what is not.
        """
        async with self._lock:
            preview = await self._look()
            if version is not None and preview.target.configuration.seen.version != version:
                raise Conflict("the files were changed after they were looked at", "look at the changes again")
            if only_rules and (others := preview.others):
                raise Conflict(f"{' and '.join(others)} changed too", "take everything in: park-gateway reload")
            self._check(preview)
            if preview.is_other:
                await self._go_to(preview.target)
            self._note(preview)
            answer = {**preview.as_json(), "loaded_ms": ms(self.present.loaded_ns), "given_up": dict(self._given_up)}
            counts = " ".join(f"{what}={count}" for what, count in preview.rules.items())
            log.info("configuration_reloaded changes=%d %s", len(preview.changes), counts)
            return answer

    def stop(self) -> None:
        """The gateway stops: nothing new is begun."""
        self._is_stopping = True

    # -- looking ------------------------------------------------------------------------------------------------------

    async def _look(self) -> Preview:
        read, present, lines = self._read, self.present, dict(self._running.lines.plans)
        if read is None:
            raise Rejected("this gateway was started without a configuration file", RESTART)
        if self._is_stopping:
            raise Unavailable("the gateway stops", "start it again")

        def look() -> Preview:
            return self._compared(_settled(read()), present, lines)

        with _in_time("reading the configuration"):
            async with asyncio.timeout(READ_S):
                return await asyncio.to_thread(look)

    def _compared(self, found: Configuration, present: Target, lines: dict[str, Any]) -> Preview:
        """In a thread: parks are large."""
        old = present.plan
        changes = tuple(differences(old, found.plan))
        touched = lines_touched(old, found.plan, changes)
        plan = replace(found.plan, store=old.store, api=old.api)
        configuration = replace(
            found,
            loaded=replace(found.loaded, plan=plan),
            books=_kept_books(present.books, found.books),
        )
        wanted = lines_of(plan.connections, lines, touched)
        target = Target(configuration, wanted, self._running.clock.time_ns(), tuple(needing_restart(changes)))
        has_other_books = configuration.books is not present.books
        effects = effects_of(changes, (lines, wanted), (old, plan), self._buffered, has_other_books=has_other_books)
        rules = rule_changes(present.configuration.rulebook, found.rulebook)
        is_other = any(rules[what] for what in ("added", "changed", "removed"))
        is_other |= any(change.part not in WAITING for change in changes)
        return Preview(target, changes, tuple(effects), rules, is_other)

    def _buffered(self, sink: str) -> int:
        return self._running.outbox.account(sink).buffered

    # -- doing --------------------------------------------------------------------------------------------------------

    @staticmethod
    def _check(preview: Preview) -> None:
        if refused := list(refusals(preview.changes)):
            names = " and ".join(refused)
            raise Rejected(f"{names} cannot change while the gateway runs: nothing was taken in", RESTART)
        if preview.rules["removed"] and not preview.target.configuration.rulebook.alarms:
            raise Rejected(
                f"no rule was found, and {preview.rules['removed']} alarms would go with their states",
                f"is `rules.d` beside park.yaml? To run without rules, {RESTART}",
            )

    async def _go_to(self, target: Target) -> None:
        present = self.present
        try:
            with _in_time("taking the configuration in"):
                async with asyncio.timeout(STEP_S):
                    given_up = await self._rewiring.go_to(target, present.plan)
        except Exception as error:
            log.exception("reload_failed")
            await self._go_back(present, target, error)
            raise Unavailable(
                f"the configuration could not be taken in: {error}; the one before is in force", "see the log"
            ) from error
        self._trouble = ""
        self._given_up |= given_up

    async def _go_back(self, present: Target, failed: Target, error: Exception) -> None:
        try:
            async with asyncio.timeout(STEP_S):
                await self._rewiring.go_to(present, failed.plan, is_return=True)
        except Exception as again:
            log.exception("reload_not_undone")
            lines, deliveries = self._running.lines, self._running.deliveries
            rest = [name for name in present.lines if name not in lines.sources]
            rest += [sink.name for sink in present.plan.sinks if sink.name not in deliveries.sinks]
            self._trouble = f"a reload failed ({error}) and could not be undone ({again}): {RESTART}"
            if rest:
                self._trouble += f"; not running: {', '.join(rest)}"
            raise Unavailable(self._trouble, RESTART) from again

    def _note(self, preview: Preview) -> None:
        """The files are in force. Without a difference all that runs by the configuration before goes on by it."""
        if preview.is_other:
            self.present = preview.target
            return
        now = preview.target.configuration
        configuration = replace(now, loaded=replace(now.loaded, plan=self.present.plan))
        self.present = replace(
            self.present,
            configuration=configuration,
            loaded_ns=preview.target.loaded_ns,
            pending=preview.target.pending,
        )


def _settled(found: Configuration) -> Configuration:
    """Raises Rejected where somebody wrote while the files were read: half of each would be taken in."""
    if not found.seen.is_as_on_disk():
        raise Rejected("the files were changed while they were read", "try again when they are written")
    return found


def _kept_books(present: Books, found: Books) -> Books:
    """The present ones where the new ones say the same: then nothing of accounts begins anew."""
    return present if replace(present, findings=()) == replace(found, findings=()) else found


@contextmanager
def _in_time(what: str) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise Unavailable(f"{what} takes too long", "is a disk or a name server not answering?") from error


def findings_json(configuration: Configuration) -> list[Json]:
    """What should be looked at, with its place."""
    return [finding_json(one, configuration) for one in configuration.findings]


def finding_json(finding: Finding, configuration: Configuration) -> Json:
    """One of them."""
    return {**finding.as_json(), "file": configuration.short(finding.file)}


def summary(answer: Json) -> Json:
    """What the audit log keeps of a reload."""
    changes = [f"{one['kind']} {one['part']} {one['id']}".rstrip() for one in answer["changes"]]
    return {"version": answer["version"][:12], "changes": changes[:SUMMED_UP], "count": len(changes)}


def present_target(configuration: Configuration, loaded_ns: int) -> Target:
    """What a gateway starts with."""
    return Target(configuration, {one.name: one for one in configuration.plan.connections}, loaded_ns)
