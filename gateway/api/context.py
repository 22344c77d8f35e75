"""What routes are handed: the gateway, its views and the live ticker."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, TypeVar, cast

from fastapi import Depends, HTTPException, Request

from gateway.api.access import Principal, TooMany
from gateway.api.accountviews import AccountViews
from gateway.api.alarmviews import AlarmViews
from gateway.api.bench import Bench
from gateway.api.exports import ExportDesk
from gateway.api.live import Ticker
from gateway.api.problems import REQUEST_ID
from gateway.api.questions import asked_by
from gateway.api.views import Views
from gateway.core.device import Device
from gateway.core.jobs import TIMEOUT_S
from gateway.pipeline.audit import VITAL, Entry
from gateway.pipeline.engine import Gateway
from gateway.store.audit import Who
from rules.alarms.engine import AlarmView

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Context:
    """One gateway, as the routes see it."""

    gateway: Gateway
    views: Views
    ticker: Ticker
    alarms: AlarmViews
    accounts: AccountViews
    bench: Bench
    exports: ExportDesk
    request_id: str = ""  # of the request that it was handed to
    request: Request | None = None

    async def job(self, function: Callable[..., T], *args: object, timeout_s: float = TIMEOUT_S) -> T:
        """What the function gives in the jobs process. Where the client goes before it has begun, it is left out.

        Raises what the function raises, Unavailable, ClientDisconnect.
        """
        work = self.gateway.jobs.run(function, *args, timeout_s=timeout_s)
        return await (work if self.request is None else asked_by(self.request, work))

    def device(self, principal: Principal, device_id: str) -> Device:
        """The device, or 404 where it does not exist or is not theirs: the two look alike."""
        device = self.gateway.snapshot.devices.get(device_id)
        if device is None or not principal.may_see(device):
            raise HTTPException(404, f"no device `{device_id[:100]}`; GET /api/v1/devices lists them")
        return device

    def tag(self, principal: Principal, tag: str) -> str:
        """The tag, or 404 where it does not exist or is not theirs."""
        if not self.views.may_see_tag(principal, tag):
            raise HTTPException(404, f"no point `{tag[:200]}`; GET /api/v1/points lists them")
        return tag

    def entity(self, principal: Principal, asked: str | None) -> str:
        """The entity, by default what one may see, or 404 where it does not exist or is not theirs."""
        books = self.gateway.books
        name = asked or principal.enterprise or books.site.id
        if name not in books.entities or principal.enterprise not in (None, name):
            hint = f"enterprises and the site's id `{books.site.id}` are entities"
            raise HTTPException(404, f"no entity `{name[:100]}`; {hint}")
        return name

    def alarm(self, principal: Principal, alarm_id: str) -> AlarmView:
        """The alarm, or 404 where it does not exist or is not theirs."""
        try:
            return self.alarms.view(principal, alarm_id)
        except KeyError:
            raise HTTPException(404, f"no alarm `{alarm_id[:200]}`; GET /api/v1/alarms lists them") from None

    def audited(
        self, principal: Principal, action: str, target: str, *, before: object = None, after: object = None
    ) -> Entry:
        """For `async with`: put down who does what before it is done, and how it went. Entering raises Unavailable.

        Raises TooMany for somebody of one enterprise who would fill the log, and with it hold everybody's changes up.
        """
        if principal.enterprise is not None and not action.startswith(VITAL):
            wait_s = self.gateway.identities.acts.take(principal.user_id)
            if wait_s > 0:
                raise TooMany(wait_s)
        asked = self.gateway.audit.act(who(principal), action, target, before=before, after=after)
        asked.request_id = self.request_id or asked.request_id
        return asked


def who(principal: Principal) -> Who:
    """Who asks, as the audit log names them."""
    return Who(principal.name, principal.role.value, principal.via.value, principal.origin)


def context_of(request: Request) -> Context:
    """The context that the app was made with, and this request's number."""
    context = cast("Context", request.app.state.context)
    return replace(context, request_id=request.scope.get(REQUEST_ID, ""), request=request)


InContext = Annotated[Context, Depends(context_of)]
