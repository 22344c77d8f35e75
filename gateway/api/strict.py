"""Parameters that a route does not know are refused: a mistyped one would silently give somebody else's figures."""

from collections.abc import Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from gateway.api.problems import Refusal
from gateway.config.problems import nearest


class KnownParameters:
    """The query parameters of each route, looked up once: every request passes here. One per app."""

    def __init__(self) -> None:
        self._known: dict[int, frozenset[str]] = {}  # by the identity of the route: routes live as long as their app

    def of(self, route: APIRoute) -> frozenset[str]:
        """The names that this route takes."""
        known = self._known.get(id(route))
        if known is None:
            known = self._known[id(route)] = frozenset(_parameters(route.dependant))
        return known


async def only_known_parameters(request: Request) -> None:
    """A dependency for routers. Raises Refusal 422 that names what there is."""
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute):
        return
    parameters: KnownParameters = request.app.state.parameters
    known = parameters.of(route)
    unknown = next((name for name in request.query_params if name not in known), None)
    if unknown is not None:
        hint = nearest(unknown, known) or f"there is: {', '.join(sorted(known)) or 'none'}"
        raise Refusal(422, f"unknown parameter `{unknown[:60]}`", hint)


def _parameters(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for inner in dependant.dependencies:
        yield from _parameters(inner)
