"""The page: a fixed table of files, made once; no path of a request ever reaches the file system."""

from collections.abc import Mapping

from fastapi import APIRouter, HTTPException, Request, Response

from gateway.api.access import Visitor
from gateway.api.proven import ProvenRoute
from gateway.web import Asset

_ASSETS = "/assets/"


def page_router(files: Mapping[str, Asset]) -> APIRouter:
    """A route for every page address of the table, and one that looks the rest up in it."""
    router = APIRouter(include_in_schema=False, route_class=ProvenRoute)

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
    """The file, by gzip for whoever takes it; nothing but its tag for whoever has it."""
    is_packed = _takes_gzip(request.headers.get("accept-encoding", ""))
    body, etag = (asset.packed, asset.packed_etag) if is_packed else (asset.body, asset.etag)
    headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    if is_packed:
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type=asset.content_type, headers=headers)


def _takes_gzip(accepted: str) -> bool:
    """True where the header names gzip and does not refuse it by a weight of 0 (RFC 9110, 12.5.3)."""
    for part in accepted.lower().split(","):
        name, _, weight = part.replace(" ", "").partition(";q=")
        if name == "gzip":
            return weight.strip("0.") != "" or weight == ""
    return False
