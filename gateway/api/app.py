"""The application: routes, guard, problem answers, OpenAPI document."""

from collections.abc import Mapping, Sequence

from fastapi import Depends, FastAPI
from fastapi.responses import JSONResponse
from starlette.middleware import Middleware

from gateway import __version__
from gateway.api import (
    document,
    problems,
    routes_alarms,
    routes_audit,
    routes_backup,
    routes_carbon,
    routes_commissioning,
    routes_configuration,
    routes_connectivity,
    routes_devices,
    routes_energy,
    routes_export,
    routes_history,
    routes_keys,
    routes_ledger,
    routes_logs,
    routes_notifications,
    routes_oidc,
    routes_page,
    routes_periods,
    routes_points,
    routes_quarantine,
    routes_records,
    routes_reports,
    routes_rules,
    routes_session,
    routes_status,
    routes_users,
)
from gateway.api.access import Reader
from gateway.api.accountviews import AccountViews
from gateway.api.alarmviews import AlarmViews
from gateway.api.auditors import reading_put_down
from gateway.api.bench import Bench
from gateway.api.context import Context
from gateway.api.etags import Etags
from gateway.api.exports import ExportDesk
from gateway.api.guard import HSTS, Guard
from gateway.api.hosts import OwnHosts
from gateway.api.live import Ticker
from gateway.api.machine import MachineWatch
from gateway.api.proven import ProvenRoute
from gateway.api.requests import RequestDesk
from gateway.api.strict import KnownParameters, only_known_parameters
from gateway.api.views import Views
from gateway.pipeline.engine import Gateway
from gateway.web import Asset

_ROUTES = (
    routes_status,
    routes_session,
    routes_users,
    routes_keys,
    routes_devices,
    routes_points,
    routes_history,
    routes_export,
    routes_alarms,
    routes_connectivity,
    routes_notifications,
    routes_rules,
    routes_ledger,
    routes_energy,
    routes_records,
    routes_carbon,
    routes_periods,
    routes_reports,
    routes_commissioning,
    routes_configuration,
    routes_audit,
    routes_logs,
    routes_quarantine,
    routes_backup,
)
_OF_AUDITORS = (routes_audit, routes_carbon, routes_ledger, routes_records, routes_energy, routes_reports)
"""What auditors read of these is put down."""


def create_app(gateway: Gateway, ticker: Ticker, files: Mapping[str, Asset]) -> FastAPI:
    """The API of one gateway and the page, whose files are `files` (`gateway.web.assets()`)."""
    api = gateway.plan.api
    headers = HSTS if api.has_tls and api.own else {}
    guard = Middleware(Guard, hosts=OwnHosts.of(api), more_headers=headers)
    app = routed([Middleware(RequestDesk), guard, Middleware(Etags)])
    views = Views(gateway)
    ticker.add_listener(views.quarter_hour.tick)
    exports = ExportDesk(gateway.exports, gateway.clock)
    app.state.context = Context(
        gateway, views, ticker, AlarmViews(gateway), AccountViews(gateway), Bench(gateway), exports
    )
    app.state.parameters = KnownParameters()
    app.state.machine = MachineWatch(gateway.plan.store.directory)
    app.state.oidc = routes_oidc.client_of(gateway)
    problems.install(app)
    app.include_router(routes_page.page_router(files))

    @app.get("/api/v1/openapi.json", include_in_schema=False)
    async def openapi(_: Reader) -> JSONResponse:
        """What every route takes and gives (OpenAPI 3.1)."""
        return JSONResponse(app.openapi())

    return app


def routed(middleware: Sequence[Middleware] = ()) -> FastAPI:
    """The routes of the API, and the document that describes them; nothing is behind them yet."""
    app = FastAPI(
        title="park-gateway",
        version=__version__,
        openapi_url=None,  # a route of its own, for those who signed in: it names version and every route
        docs_url=None,
        redoc_url=None,
        middleware=middleware,
        generate_unique_id_function=document.operation_id,
    )
    app.router.route_class = ProvenRoute
    document.describe(app)
    for module in _ROUTES:
        own = [Depends(reading_put_down)] if module in _OF_AUDITORS else []
        app.include_router(module.router, dependencies=[Depends(only_known_parameters), *own])
    app.include_router(routes_oidc.router)  # a provider may add what it likes (RFC 6749, 4.1.2)
    return app
