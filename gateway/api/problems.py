"""Errors of the API as problem details (RFC 9457): what kind, what happened, what to do, which request it was."""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from http import HTTPStatus
from math import ceil

from fastapi import FastAPI, Request
from fastapi import HTTPException as RouteException
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.api.sentences import chinese_of_refusal
from gateway.core.errors import ConfigError, GatewayError, Rejected, Unavailable
from gateway.identity.refusals import NotSignedIn, Unknown, Wait

MEDIA_TYPE = "application/problem+json"
REQUEST_ID = "park_gateway.request"  # in the scope; set by `RequestDesk`
_HINT = "see /api/v1/openapi.json for what this route takes"
_STATUS = {Unavailable: 503, Rejected: 422, ConfigError: 400, NotSignedIn: 401, Wait: 429, Unknown: 404}


class Kind(StrEnum):
    """What went wrong, for programs: `type` is `/problems/` and one of these. Never renamed."""

    BAD_REQUEST = "bad-request"
    NOT_SIGNED_IN = "not-signed-in"
    NOT_ALLOWED = "not-allowed"
    NOT_FOUND = "not-found"
    WRONG_METHOD = "wrong-method"
    NOT_ACCEPTABLE = "not-acceptable"
    CONFLICT = "conflict"
    TOO_LARGE = "too-large"
    URL_TOO_LONG = "url-too-long"
    WRONG_CONTENT_TYPE = "wrong-content-type"
    WRONG_ADDRESS = "wrong-address"
    BAD_PARAMETER = "bad-parameter"
    TOO_MANY = "too-many"
    FAILED = "failed"
    NOT_DELIVERED = "not-delivered"
    UNAVAILABLE = "unavailable"


KINDS = {
    400: Kind.BAD_REQUEST,
    401: Kind.NOT_SIGNED_IN,
    403: Kind.NOT_ALLOWED,
    404: Kind.NOT_FOUND,
    405: Kind.WRONG_METHOD,
    406: Kind.NOT_ACCEPTABLE,
    409: Kind.CONFLICT,
    413: Kind.TOO_LARGE,
    414: Kind.URL_TOO_LONG,
    415: Kind.WRONG_CONTENT_TYPE,
    421: Kind.WRONG_ADDRESS,
    422: Kind.BAD_PARAMETER,
    429: Kind.TOO_MANY,
    500: Kind.FAILED,
    502: Kind.NOT_DELIVERED,
    503: Kind.UNAVAILABLE,
}
_SAID = {  # what the framework says in one word
    404: ("there is nothing at this address", "/api/v1/openapi.json lists what there is"),
    405: ("this address does not take this method", "the header `Allow` lists those that it takes"),
}


class Refusal(RouteException):
    """An HTTPException that says what to do next."""

    def __init__(self, status_code: int, detail: str, hint: str) -> None:
        super().__init__(status_code, detail)
        self.hint = hint


class ProblemResponse(Response):
    """A problem document; which request it was an answer to is put in when it is sent."""

    media_type = MEDIA_TYPE

    def __init__(self, document: Mapping[str, object], status: int, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(None, status, headers)
        self.document = document

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        request = scope.get(REQUEST_ID)
        document = self.document if request is None else {**self.document, "instance": f"/requests/{request}"}
        body = json.dumps(document, ensure_ascii=False).encode(errors="replace")
        answer = Response(body, self.status_code, self._more(), MEDIA_TYPE)
        await answer(scope, receive, send)

    def _more(self) -> dict[str, str]:
        return {name: value for name, value in self.headers.items() if not name.startswith("content-")}


def problem(
    status: int,
    detail: str,
    hint: str = "",
    errors: Sequence[Mapping[str, object]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> ProblemResponse:
    """One problem document; `errors` has a part for each field or row that is wrong."""
    body: dict[str, object] = {
        "type": f"/problems/{KINDS.get(status, Kind.BAD_REQUEST)}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "hint": hint,
    }
    if errors is not None:
        body["errors"] = list(errors)
    if chinese := chinese_of_refusal(detail, hint, errors or ()):
        body["chinese"] = chinese
    return ProblemResponse(body, status, headers)


def _headers_of(error: GatewayError) -> dict[str, str]:
    """How to sign in (RFC 9110, 11.6.1), how long to wait (10.2.3)."""
    if isinstance(error, NotSignedIn):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, Unavailable) and error.retry_after_s is not None:
        return {"Retry-After": str(max(1, ceil(error.retry_after_s)))}
    return {"Retry-After": str(error.wait_s)} if isinstance(error, Wait) else {}


def _invalid(request: Request, error: RequestValidationError) -> ProblemResponse:
    """What of a request does not fit; of a body that is no JSON, that."""
    found = error.errors()
    if found and found[0]["type"] == "json_invalid":
        return problem(400, "the body is no JSON", _HINT)
    is_whole_body = found and found[0]["loc"] == ("body",) and isinstance(error.body, bytes)
    kind = request.headers.get("content-type", "")
    if is_whole_body and error.body and "json" not in kind:
        return problem(415, f"the body comes as `{kind[:60]}`", "send JSON, with `Content-Type: application/json`")
    parts = [{"field": ".".join(str(part) for part in item["loc"]), "message": item["msg"]} for item in found]
    return problem(422, "; ".join(f"{one['field']}: {one['message']}" for one in parts[:5]), _HINT, parts[:100])


def install(app: FastAPI) -> None:
    """Answer every error of this app with a problem document."""

    @app.exception_handler(HTTPException)
    async def _http(_: Request, error: HTTPException) -> ProblemResponse:
        is_ours = error.detail != HTTPStatus(error.status_code).phrase
        own = str(error.detail), error.hint if isinstance(error, Refusal) else ""
        said = own if is_ours else _SAID.get(error.status_code, own)
        return problem(error.status_code, *said, headers=error.headers)

    @app.exception_handler(RequestValidationError)
    async def _wrong(request: Request, error: RequestValidationError) -> ProblemResponse:
        return _invalid(request, error)

    @app.exception_handler(GatewayError)
    async def _own(_: Request, error: GatewayError) -> ProblemResponse:
        status = next((code for kind, code in _STATUS.items() if isinstance(error, kind)), 500)
        return problem(status, error.message, error.hint, headers=_headers_of(error))
