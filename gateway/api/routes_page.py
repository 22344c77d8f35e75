"""The page: a fixed table of files, made once; no path of a request ever reaches the file system."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response

from gateway.api.access import Visitor
from gateway.web import Asset


def page_router(files: Mapping[str, Asset]) -> APIRouter:
    """Routes for every file and page address of the table."""
    router = APIRouter(include_in_schema=False)
    for url, asset in files.items():
        router.add_api_route(url, _serve(asset), methods=["GET"], name=url)
    return router


def _serve(asset: Asset):  # type: ignore[no-untyped-def]  # FastAPI reads the inner signature
    headers = {"ETag": asset.etag, "Cache-Control": "no-cache"}

    async def serve(_: Visitor, request: Request) -> Response:
        if request.headers.get("if-none-match") == asset.etag:
            return Response(status_code=304, headers=headers)
        return Response(asset.body, media_type=asset.content_type, headers=headers)

    return serve
