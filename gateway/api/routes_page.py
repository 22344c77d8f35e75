"""The page: a fixed table of files, made once; no path of a request ever reaches the file system."""

from collections.abc import Mapping

from fastapi import APIRouter, HTTPException, Request, Response

from gateway.api.access import Visitor
from gateway.web import Asset

_ASSETS = "/assets/"


def page_router(files: Mapping[str, Asset]) -> APIRouter:
    """A route for every page address of the table, and one that looks the rest up in it."""
    router = APIRouter(include_in_schema=False)

    @router.get(_ASSETS + "{name:path}")
    async def asset(_: Visitor, request: Request, name: str) -> Response:
        found = files.get(_ASSETS + name)
        if found is None:
            raise HTTPException(404, "the page has no such file")
        return _answer(found, request)

    for url, page in files.items():
        if not url.startswith(_ASSETS):
            router.add_api_route(url, _serve(page), methods=["GET"], name=url)
    return router


def _serve(page: Asset):  # type: ignore[no-untyped-def]  # FastAPI reads the inner signature
    async def serve(_: Visitor, request: Request) -> Response:
        return _answer(page, request)

    return serve


def _answer(asset: Asset, request: Request) -> Response:
    headers = {"ETag": asset.etag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == asset.etag:
        return Response(status_code=304, headers=headers)
    return Response(asset.body, media_type=asset.content_type, headers=headers)
