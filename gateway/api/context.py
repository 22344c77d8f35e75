"""What routes are handed: the gateway, its views and the live ticker."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, HTTPException, Request

from gateway.api.access import Principal
from gateway.api.live import Ticker
from gateway.api.views import Views
from gateway.core.device import Device
from gateway.pipeline.engine import Gateway


@dataclass(frozen=True, slots=True)
class Context:
    """One gateway, as the routes see it."""

    gateway: Gateway
    views: Views
    ticker: Ticker

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


def context_of(request: Request) -> Context:
    """The context that the app was made with."""
    return cast("Context", request.app.state.context)


InContext = Annotated[Context, Depends(context_of)]
