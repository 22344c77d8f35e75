"""Errors of the API as problem details (RFC 9457): what happened and what to do."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from gateway.core.errors import ConfigError, GatewayError, Rejected, Unavailable

MEDIA_TYPE = "application/problem+json"
_STATUS = {Unavailable: 503, Rejected: 422, ConfigError: 400}


def problem(
    status: int, detail: str, hint: str = "", errors: Sequence[Mapping[str, object]] | None = None
) -> JSONResponse:
    """One problem document; `errors` has a part for each field or row that is wrong."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "hint": hint,
    }
    if errors is not None:
        body["errors"] = list(errors)
    return JSONResponse(body, status, media_type=MEDIA_TYPE)


def _validation_text(error: RequestValidationError) -> str:
    parts = [f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()[:5]]
    return "; ".join(parts)


def install(app: FastAPI) -> None:
    """Answer every error of this app with a problem document."""

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> JSONResponse:
        return problem(error.status_code, str(error.detail))

    @app.exception_handler(RequestValidationError)
    async def _invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return problem(422, _validation_text(error), "see /api/v1/openapi.json for what this route takes")

    @app.exception_handler(GatewayError)
    async def _own(_: Request, error: GatewayError) -> JSONResponse:
        return problem(_STATUS.get(type(error), 500), error.message, error.hint)
