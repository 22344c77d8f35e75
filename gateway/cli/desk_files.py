"""Accounts and keys on state.db directly, where no gateway runs. Imported on use: it brings the stores along."""

import asyncio
import inspect
import os
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

from gateway.config.plan import ParkPlan
from gateway.core.clock import SystemClock
from gateway.identity.desk import Desk
from gateway.identity.service import Identities
from gateway.pipeline.audit import AuditKeeper
from gateway.store.audit import Who
from gateway.store.lock import DirectoryLock
from gateway.store.state import State

Json = dict[str, Any]
Act = Callable[[Desk], Awaitable[Json] | Json]
_WHO = Who("local administrator", "administrator", "files", "")  # whoever may write the files may do everything


async def on_files(plan: ParkPlan, act: Act) -> Json:
    """What `act` gives, with the data directory locked meanwhile. Raises GatewayError, ConfigError."""
    os.umask(0o077)  # the files are the gateway's user's alone
    lock = await asyncio.to_thread(DirectoryLock, plan.store.directory)
    try:
        state = await State.open(plan.store.directory, SystemClock(), durability=plan.store.durability)
        try:
            return await _done(plan, state, act)
        finally:
            await state.close()
    finally:
        lock.release()


async def _done(plan: ParkPlan, state: State, act: Act) -> Json:
    clock = SystemClock()
    keeper = AuditKeeper(state, clock, Random(), limit_bytes=plan.store.audit_max_bytes)
    await keeper.measure()

    def audited(action: str, target: str, *, before: object = None, after: object = None) -> Any:
        return keeper.act(_WHO, action, target, before=before, after=after)

    identities = await Identities.open(state, clock, lambda: plan, plan.store.directory)
    found = act(Desk(identities, audited))
    return await found if inspect.isawaitable(found) else found
