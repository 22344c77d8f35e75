"""What routes are handed: the gateway, its views and the live ticker."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, HTTPException, Request

from gateway.api.access import Principal
from gateway.api.accountviews import AccountViews
from gateway.api.alarmviews import AlarmViews
from gateway.api.live import Ticker
from gateway.api.views import Views
from gateway.core.device import Device
from gateway.pipeline.engine import Gateway
from rules.alarms.engine import AlarmView


@dataclass(frozen=True, slots=True)
class Context:
    """One gateway, as the routes see it."""

    gateway: Gateway
    views: Views
    ticker: Ticker
    alarms: AlarmViews
    accounts: AccountViews

    def device(self, principal: Principal, device_id: str) -> Device:
        """The device, or 404 where it does not exist or is not theirs: the two look alike."""
        device = self.gateway.snapshot.devices.get(device_id)
        if device is None or not principal.may_see(device):
            raise HTTPException(404, f"no device `{device_id}`; GET /api/v1/devices lists them")
        return device

    def tag(self, principal: Principal, tag: str) -> str:
        """The tag, or 404 where it does not exist or is not theirs."""
        if not self.views.may_see_tag(principal, tag):
            raise HTTPException(404, f"no point `{tag}`; GET /api/v1/points lists them")
        return tag

    def alarm(self, principal: Principal, alarm_id: str) -> AlarmView:
        """The alarm, or 404 where it does not exist or is not theirs."""
        try:
            return self.alarms.view(principal, alarm_id)
        except KeyError:
            raise HTTPException(404, f"no alarm `{alarm_id[:200]}`; GET /api/v1/alarms lists them") from None

    async def audit(self, principal: Principal, action: str, target: str, result: str = "asked") -> None:
        """Put down who does what, before it is done; with a result: what became of it. Raises Unavailable."""
        await self.gateway.audit(principal.name, principal.role, principal.origin, action, target, result)


def context_of(request: Request) -> Context:
    """The context that the app was made with."""
    return cast("Context", request.app.state.context)


InContext = Annotated[Context, Depends(context_of)]
