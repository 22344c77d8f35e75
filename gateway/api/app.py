"""The application: routes, guard, problem answers, OpenAPI document."""

from collections.abc import Mapping

from fastapi import Depends, FastAPI
from starlette.middleware import Middleware

from gateway import __version__
from gateway.api import (
    problems,
    routes_alarms,
    routes_carbon,
    routes_connectivity,
    routes_devices,
    routes_energy,
    routes_export,
    routes_ledger,
    routes_notifications,
    routes_page,
    routes_points,
    routes_records,
    routes_reports,
    routes_rules,
    routes_status,
)
from gateway.api.accountviews import AccountViews
from gateway.api.alarmviews import AlarmViews
from gateway.api.context import Context
from gateway.api.guard import Guard
from gateway.api.live import Ticker
from gateway.api.strict import only_known_parameters
from gateway.api.views import Views
from gateway.pipeline.engine import Gateway
from gateway.web import Asset

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")


def create_app(gateway: Gateway, ticker: Ticker, files: Mapping[str, Asset]) -> FastAPI:
    """The API of one gateway and the page, whose files are `files` (`gateway.web.assets()`)."""
    app = FastAPI(
        title="park-gateway",
        version=__version__,
        description="Energy, emissions and equipment state of an industrial park.",
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        middleware=[Middleware(Guard, hosts={*LOOPBACK_HOSTS, gateway.plan.api.host})],
    )
    app.state.context = Context(gateway, Views(gateway), ticker, AlarmViews(gateway), AccountViews(gateway))
    problems.install(app)
    for module in (
        routes_status,
        routes_devices,
        routes_points,
        routes_export,
        routes_alarms,
        routes_connectivity,
        routes_notifications,
        routes_rules,
        routes_ledger,
        routes_energy,
        routes_records,
        routes_carbon,
        routes_reports,
    ):
        app.include_router(module.router, dependencies=[Depends(only_known_parameters)])
    app.include_router(routes_page.page_router(files))
    return app
