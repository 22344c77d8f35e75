"""Routes that look at who asks before anything else of a request: a body is read only of those who are let in."""

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import solve_dependencies
from fastapi.routing import APIRoute

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class ProvenRoute(APIRoute):
    """A route that asks its permission (`access.requires`) first. Raises TypeError where it declares none."""

    def get_route_handler(self) -> Handler:
        """The route's work, behind its door."""
        doors = tuple(_doors(self.dependant))
        if not doors:
            raise TypeError(f"the route {self.path} declares no permission")
        handle = super().get_route_handler()

        async def proven(request: Request) -> Response:
            for door in doors:
                await _ask(request, door)
            return await handle(request)

        return proven


def _doors(dependant: Dependant) -> Iterator[Dependant]:
    if hasattr(dependant.call, "permission"):
        yield dependant
    for inner in dependant.dependencies:
        yield from _doors(inner)


async def _ask(request: Request, door: Dependant) -> None:
    """Raises what the door answers to somebody whom it does not let in."""
    assert door.call is not None
    found = await solve_dependencies(
        request=request,
        dependant=door,
        dependency_overrides_provider=request.app,
        async_exit_stack=request.scope["fastapi_inner_astack"],
        embed_body_fields=False,
    )
    await door.call(**found.values)
