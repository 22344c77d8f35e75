"""The OpenAPI document: made by FastAPI from the routes, with what all of them share put in here.

Each operation gets its refusals (problem details, by what the route takes and who may ask), a short summary, and the
form of its answer alone where FastAPI would mix it with "some object".
"""

from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from gateway.api.examples import BODIES, PARAMETERS
from gateway.api.problems import KINDS, MEDIA_TYPE
from gateway.api.samples import add_samples
from gateway.api.shapes.problem import Problem

Json = dict[str, Any]
_PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_JSON = "application/json"
_TEXTS: dict[int | str, str] = {
    400: "The body is no JSON, the address cannot be read, or the configuration has mistakes.",
    401: "Not signed in.",
    403: "Signed in, and not allowed to; or the session's token is missing (`X-CSRF-Token`).",
    404: "Not there, or not theirs: the two look alike.",
    406: "None of the types in `Accept` is made here.",
    409: "It does not go with what is there.",
    413: "The body is too large.",
    415: "The body is not of a type that is read here.",
    422: "A parameter or a field does not fit; `errors` names them.",
    429: "Too much at a time; `Retry-After` says how long to wait.",
    502: "The other side refused; its words are in `detail`.",
    503: "Not now: not set up, too much under way (`Retry-After` says how long to wait), or the disk takes nothing.",
    "default": "Any other error.",
}
TAGS = {
    "health": "Is it alive, is it ready; counters for Prometheus. For machines.",
    "session": "Signing in and out; the set-up of the first start.",
    "users": "Accounts and their sessions.",
    "keys": "API keys.",
    "status": "How the gateway and the park are.",
    "devices": "Devices, one exchange with them, their frames.",
    "points": "Latest values, history, the live stream.",
    "export": "Raw samples as files.",
    "alarms": "Alarms, what operators do about them, the journal.",
    "connectivity": "How much of what should have come has come, and why not.",
    "notifications": "Channels and messages to people.",
    "rules": "Alarm rules.",
    "energy": "Energy accounts: intervals, usage, statements, balances, tariffs. Decimals are texts.",
    "records": "What people record: readings, delivery notes, certificates; approval.",
    "carbon": "Carbon accounts: figures, entries, traces, closing, factors. Decimals are texts.",
    "ledger": "The log that nobody can change unseen: records, checkpoints, proofs, evidence.",
    "reports": "Reports, labels and statements as files.",
    "audit": "Who did what.",
    "configuration": "park.yaml: shown without secrets, tried, read again.",
    "commissioning": "Adding devices.",
    "gateway": "The inside of the gateway: log, quarantine, backup.",
}
DESCRIPTION = """Energy, emissions and equipment state of an industrial park.

**Signing in**: programs send `Authorization: Bearer pg_<id>_<secret>` with an API key; the page uses a cookie, and
whoever changes something by a cookie also sends `X-CSRF-Token`.

**Times** are ISO 8601 in requests and milliseconds since 1970 (`..._ms`, UTC) or ISO 8601 with an offset in answers.
**Decimals** of accounts are texts, exact; measured values are numbers, `null` where they are bad.

**Pages**: `limit` and `offset` with `total`; lists that grow at one end go on from a place instead: what the answer
calls `next...` (`next_before`, `next_from`, `next`) is the parameter of the next page (`before`, `from`, `after`),
`null` at the end.

**Types**: JSON, and where it says so CSV or Parquet by `Accept` (or the parameter `format`).

**ETag**: every JSON answer to a GET carries one; while it is the same, `If-None-Match` is answered by 304.

**Errors** are problem details (RFC 9457); `type` is one of a fixed list.
"""


def describe(app: FastAPI) -> None:
    """Let the app make its document this way, once."""

    def made() -> Json:
        if app.openapi_schema is None:
            app.openapi_schema = document(app)
        return app.openapi_schema

    app.openapi = made  # type: ignore[method-assign]


def operation_id(route: APIRoute) -> str:
    """The function's name, bare, and what makes it the only one; `_name_operations` keeps the name alone."""
    name = route.name.removeprefix("get_").removeprefix("post_").removesuffix("_of")
    return f"{name} {min(route.methods or ())} {route.path}"


def document(app: FastAPI) -> Json:
    """The whole document."""
    found = get_openapi(
        title=app.title,
        version=app.version,
        description=DESCRIPTION,
        routes=app.routes,
        separate_input_output_schemas=True,
    )
    _, problem = models_json_schema([(Problem, "serialization")], ref_template="#/components/schemas/{model}")
    schemas = found["components"]["schemas"]
    schemas.update(problem["$defs"])
    _name_operations(found)
    permissions = dict(_permissions(app))
    used = set()
    for path, method, operation in operations(found):
        operation["x-permission"] = permissions[path, method]
        _complete(path, method, operation)
        used.update(operation["tags"])
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for name in BODIES.keys() & schemas.keys():
        schemas[name].setdefault("examples", [BODIES[name]])
    found["components"]["responses"] = {_name_of(code): _refusal(text) for code, text in _TEXTS.items()}
    add_samples(found)
    found["tags"] = [{"name": name, "description": text} for name, text in TAGS.items() if name in used]
    return found


def operations(found: Json) -> Iterator[tuple[str, str, Json]]:
    """Path, method and operation of everything in a document."""
    for path, item in found["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _permissions(app: FastAPI) -> Iterator[tuple[tuple[str, str], str]]:
    """What each operation asks for: the route declares it as a dependency."""
    waiting: list[Any] = list(app.routes)
    while waiting:
        route = waiting.pop()
        waiting += getattr(route, "routes", None) or getattr(getattr(route, "original_router", None), "routes", [])
        if isinstance(route, APIRoute):
            told = sorted(_declared(route.dependant))
            yield from (((route.path, method.lower()), ", ".join(told)) for method in route.methods or ())


def _declared(dependant: Dependant) -> set[str]:
    permission = getattr(dependant.call, "permission", None)
    own = set[str]() if permission is None else {permission.value}
    return own.union(*(_declared(inner) for inner in dependant.dependencies))


def _name_operations(found: Json) -> None:
    """Generated clients call operations by the function's name; where several have one, the tag stands before it."""
    every = [operation for _, _, operation in operations(found)]
    names = Counter(operation["operationId"].split()[0] for operation in every)
    for operation in every:
        name, *is_made = operation["operationId"].split()
        is_alone = names[name] == 1 or not is_made
        operation["operationId"] = name if is_alone else f"{operation['tags'][0]}_{name}"


def _complete(path: str, method: str, operation: Json) -> None:
    text = " ".join(operation.get("description", "").split("\n\n")[0].split())
    operation["summary"] = text.split(". ")[0].rstrip(".")
    responses = operation["responses"]
    for status, response in responses.items():
        if str(status).startswith("2"):
            _take_alone(response)
    for parameter in operation.get("parameters", ()):
        _explain(parameter)
    declared = {int(status) for status in responses if status.isdigit() and int(status) >= 400}
    responses.pop("422", None)
    for status in sorted(declared | _following(path, method, operation)):
        if not responses.get(str(status), {}).get("content"):
            responses[str(status)] = _reference(status)
    responses["default"] = _reference("default")
    operation["responses"] = dict(sorted(responses.items()))


def _name_of(status: int | str) -> str:
    """`NotFound`, of 404."""
    return "".join(part.title() for part in KINDS[status].split("-")) if isinstance(status, int) else "AnyOther"


def _reference(status: int | str) -> Json:
    return {"$ref": f"#/components/responses/{_name_of(status)}"}


def _refusal(text: str) -> Json:
    return {"description": text, "content": _PROBLEM}


def _explain(parameter: Json) -> None:
    """What it means, an example; and no `null`, which an address cannot say."""
    text, example = PARAMETERS.get(parameter["name"], ("", None))
    schema = parameter["schema"]
    schema.pop("description", None)
    kinds = [kind for kind in schema.pop("anyOf", []) if kind != {"type": "null"}]
    for kind in kinds[:1]:
        schema.update(kind)
    parameter.setdefault("description", text)
    if "examples" not in schema and "enum" not in schema and "$ref" not in schema and example is not None:
        schema["examples"] = [example]


def _following(path: str, method: str, operation: Json) -> set[int]:
    """The refusals that follow from what a route is."""
    found = {422} if operation.get("parameters") or "requestBody" in operation else set()
    if operation.get("security"):
        found |= {401, 403, 429, 503}
    if "{" in path:
        found |= {404}
    if method != "get":
        found |= {400, 413, 415} if "requestBody" in operation else set()
    return found


def _take_alone(response: Json) -> None:
    """FastAPI merges a named form with the "some object" of the return type: only the name stays."""
    content = response.get("content", {})
    if len(content) > 1 and content.get(_JSON, {}).get("schema") == {}:
        del content[_JSON]  # a file: FastAPI takes whatever has no class of its own for JSON
    for media in content.values():
        if "$ref" in media.get("schema", {}):
            media["schema"] = {"$ref": media["schema"]["$ref"]}
        response["headers"] = {"X-Request-Id": {"schema": {"type": "string"}, "description": "The request's number."}}
    if response.get("description") == "Successful Response":
        response["description"] = HTTPStatus.OK.phrase
