"""The bench where an engineer tries a device before it is in the configuration, and puts it there."""

import asyncio
import difflib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.api.reachable import Pace, check_connection, check_texts
from gateway.config.drafts import Draft, FieldProblem, Rewrite, Rewrites, at_fields, rewrites, written_entry
from gateway.config.drivermodels import DriverModels
from gateway.config.park import attempt
from gateway.config.plan import ConnectionPlan, DevicePlan, ParkPlan
from gateway.config.problems import ConfigErrors, Finding
from gateway.config.redact import redacted_text
from gateway.config.rewrite import Changed, replace_file
from gateway.core.errors import GatewayError, Rejected, Unavailable
from gateway.pipeline.configuration import load_configuration
from gateway.pipeline.engine import Gateway
from gateway.pipeline.tryout import try_device, tryout_json
from gateway.plugins import known_drivers

Json = dict[str, Any]
_CONTEXT_LINES = 2


class Wrong(Exception):
    """The draft has problems, each at its field."""

    def __init__(self, problems: list[FieldProblem]) -> None:
        super().__init__(problems[0].message)
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Judged:
    """A draft that is right: what changes for it, and what should be looked at."""

    changed: Rewrites
    findings: tuple[Finding, ...]


class Bench:
    """One at a time: a line is not asked by two engineers at once, a file not written by two."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._pace = Pace(gateway.clock)
        self._trying = asyncio.Lock()
        self._writing = asyncio.Lock()

    async def test(self, draft: Draft) -> Json:
        """One real exchange with a device as the draft has it. Raises Wrong, Rejected, Unavailable."""
        if self._trying.locked():
            raise Unavailable("another device is being tried", "try again in a few seconds", retry_after_s=5)
        async with self._trying:
            connection, device = await asyncio.to_thread(self._device, draft)
            running = next((one for one in self._gateway.plan.connections if one.name == connection.name), None)
            source = self._gateway.sources.get(connection.name)
            if running is None or running.options != connection.options:
                source = None
                options = await check_connection(connection.options, self._gateway.plan.api, self._pace)
                connection = ConnectionPlan(connection.name, connection.driver, options, (device,))
            self._refuse_second_opening(connection)
            found = await try_device(source, connection, device, self._gateway.clock)
            return await asyncio.to_thread(tryout_json, found, connection, device)

    async def judge(self, draft: Draft) -> Judged:
        """What would be written for a draft. Raises Wrong with everything that would be wrong then, Rejected."""
        judged = await asyncio.to_thread(self._judge, draft)
        if draft.connection is not None:
            await self._check_place(draft, judged)
        return judged

    async def save(self, draft: Draft, version: str) -> tuple[Judged, list[str]]:
        """Write it; the answer has the names of the copies of the old files. Raises Wrong, Changed, Unavailable."""
        async with self._writing:
            judged = await self.judge(draft)
            if judged.changed.version != version:
                raise Changed("the configuration was changed meanwhile", "look at the lines again, then save")
            now = datetime.fromtimestamp(self._gateway.clock.time_ns() // 1000 / 1e6, UTC)
            return judged, await asyncio.to_thread(_write, judged.changed.files, now)

    def lines(self, judged: Judged) -> list[Json]:
        """The lines that change, as a unified diff of each file; secrets near them do not show. Runs in a thread."""
        models = DriverModels(known_drivers())
        secrets = models.secret_fields(), models.channel_secrets()
        return [_diff(one, *secrets) for one in judged.changed.files]

    @property
    def _path(self) -> Path:
        if self._gateway.config_path is None:
            raise Unavailable("this gateway was not started from a file", "start it with `run --config park.yaml`")
        return self._gateway.config_path

    def _check(self, draft: Draft) -> None:
        """What is refused whatever the configuration says. Runs in a thread."""
        secrets = DriverModels(known_drivers()).secret_fields()
        check_texts(draft.device, secrets, "device")
        if draft.connection is None:
            return
        name, options = draft.connection
        check_texts(options, secrets, "connection")
        if name in {one.name for one in self._gateway.plan.connections}:
            raise Wrong(
                [FieldProblem("connection.name", f"connection `{name}` is there already", "choose it, or another name")]
            )

    def _device(self, draft: Draft) -> tuple[ConnectionPlan, DevicePlan]:
        """The plan of the draft's device. Runs in a thread."""
        self._check(draft)
        changed = rewrites(self._path, draft)
        found = attempt(self._path, known_drivers(), instead=changed.instead)
        problems = at_fields(found.report.problems, changed, draft)
        if own := [one for one in problems if one.field] or (problems if found.plan is None else []):
            raise Wrong(own)
        assert found.plan is not None
        for connection in found.plan.connections:
            for device in connection.devices:
                if device.device.id == draft.id:
                    return connection, device
        raise Wrong([FieldProblem("device.connection", "the device has no connection to try", "choose one")])

    def _judge(self, draft: Draft) -> Judged:
        """Runs in a thread."""
        self._check(draft)
        changed = rewrites(self._path, draft)
        try:
            found = load_configuration(self._path, self._gateway.clock, instead=changed.instead)
        except ConfigErrors as errors:
            raise Wrong(at_fields(errors.problems, changed, draft)) from None
        known = self._known_messages()
        return Judged(changed, tuple(one for one in found.findings if one.message not in known))

    def _known_messages(self) -> set[str]:
        """What the configuration was told about before: its lines have moved, its words have not."""
        try:
            return {one.message for one in load_configuration(self._path, self._gateway.clock).findings}
        except ConfigErrors:
            return set()

    def entry(self, device_id: str) -> Json | None:
        """A device as it stands in the files; `None` where it does not. Runs in a thread."""
        return written_entry(self._path, device_id, DriverModels(known_drivers()).secret_fields())

    async def _check_place(self, draft: Draft, judged: Judged) -> None:
        """The host of a connection that is going to be written."""
        plan = await asyncio.to_thread(self._plan_with, judged)
        assert draft.connection is not None
        for connection in plan.connections if plan is not None else ():
            if connection.name == draft.connection[0]:
                await check_connection(connection.options, self._gateway.plan.api, self._pace)

    def _plan_with(self, judged: Judged) -> ParkPlan | None:
        return attempt(self._path, known_drivers(), instead=judged.changed.instead).plan

    def _refuse_second_opening(self, connection: ConnectionPlan) -> None:
        """A serial port that another connection holds answers nobody while two talk on it."""
        options = connection.options
        for other in self._gateway.plan.connections:
            is_same = other.name != connection.name and other.options.endpoint == options.endpoint
            if is_same and getattr(options, "is_serial_port", False):
                raise Rejected(f"connection `{other.name}` holds {options.endpoint}", f"choose `{other.name}`")


def _diff(one: Rewrite, fields: frozenset[str], channels: frozenset[str]) -> Json:
    old, new = (redacted_text(one.path, data, fields, channels).splitlines() for data in (one.before, one.after))
    found = list(difflib.unified_diff(old, new, lineterm="", n=_CONTEXT_LINES))[2:]
    return {"file": one.path.name, "lines": found}


def _write(files: tuple[Rewrite, ...], now: datetime) -> list[str]:
    """Write all of them, or none."""
    done: list[Rewrite] = []
    copies: list[str] = []
    for one in files:
        try:
            copies.append(replace_file(one.path, one.before, one.after, now).name)
        except GatewayError:
            for written in reversed(done):
                replace_file(written.path, written.after, written.before, now)
            raise
        done.append(one)
    return copies
