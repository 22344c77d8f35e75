"""Requests that schemathesis makes of the OpenAPI document: none fails, answers are as documented, nonsense is refused.

Bounded for every day: `PARK_FUZZ_EXAMPLES=200` makes it long. The seed is fixed.
"""

import asyncio
import os
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, seed, settings
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.accounts.setup.compile import load_books
from gateway.api.access import Role
from gateway.api.requests import MAX_URL
from gateway.config import Loaded
from gateway.pipeline.engine import Gateway
from gateway.plugins import known_drivers
from gateway.rulebook import Rulebook, load_park
from gateway.web import assets
from tests.unit.gateway.api.conformance import document
from tests.unit.gateway.api.conftest import PARK, RULES, Park, _asked

EXAMPLES = int(os.environ.get("PARK_FUZZ_EXAMPLES", "4"))
BASE = "http://127.0.0.1:8080"
MORE = """
tariffs:
  - {id: zj, valid_from: 2020-01-01, price: 0.5, source: a notice}
carbon:
  region: CN-ZJ
  bases: [location, cn_enterprise]
"""
LEFT_OUT = {
    "devices_trace": "waits for frames as long as it was told to",
    "trace": "waits for frames as long as it was told to",
    "live": "never ends",
    "try_out": "connects to where the request says",
    "save": "connects to where the request says",
}
_CHECKS = [content_type_conformance, response_schema_conformance, status_code_conformance]
schema = schemathesis.openapi.from_dict(document())
OPERATIONS = [found.ok() for found in schema.get_all_operations()]
ASKED = [one for one in OPERATIONS if one.definition.raw["operationId"] not in LEFT_OUT]
TAKING = [one for one in ASKED if list(one.iter_parameters()) or one.body]


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture(scope="module")
def park(runner: asyncio.Runner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Park]:
    """A park with accounts, tariffs and rules; whoever asks is the administrator."""
    folder = tmp_path_factory.mktemp("park")
    (folder / "rules.d").mkdir()
    (folder / "rules.d" / "park.yaml").write_text(RULES, encoding="utf-8")
    (folder / "park.yaml").write_text(PARK + MORE, encoding="utf-8")

    def read() -> tuple[Loaded, Rulebook]:
        return load_park(folder / "park.yaml", known_drivers())

    loaded, rulebook = read()
    gateway = runner.run(Gateway.open(loaded.plan, rulebook=rulebook, books=load_books(loaded.plan)))
    opened = _asked(gateway, assets())
    park = runner.run(opened.__aenter__())
    park.become(None, Role.ADMINISTRATOR)
    park.http.event_hooks = {}
    for device, power in (("grid", 1000.0), ("dongyue-main", 900.0), ("huali-main", 350.0)):
        park.feed(device, power, 1.0)
    yield park
    runner.run(opened.__aexit__(None, None, None))


def ask(runner: asyncio.Runner, park: Park, case: Any) -> httpx.Response:
    """The answer to a request, in this process."""
    made = requests.Request(**case.as_transport_kwargs(base_url=BASE)).prepare()
    assume(len(made.url or "") < MAX_URL)  # httpx sends no longer one; tests/unit/gateway/api/test_problems.py does
    headers = [(name, str(value).encode("latin-1", "replace")) for name, value in made.headers.items()]
    body = made.body.encode() if isinstance(made.body, str) else made.body
    request = park.http.build_request(made.method, made.url, headers=dict(headers), content=body)
    return runner.run(park.http.send(request))


def name_of(operation: APIOperation) -> str:
    return f"{operation.method.upper()} {operation.path}"


def bounded(test: Any, number: int) -> Any:
    """The same few examples each time."""
    held = settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    return seed(number)(held(test))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("operation", ASKED, ids=name_of)
def test_whatever_fits_the_document_is_answered_as_it_says(
    operation: APIOperation, runner: asyncio.Runner, park: Park
) -> None:
    def check(case: Any) -> None:
        answer = ask(runner, park, case)
        assert answer.status_code < 500 or answer.status_code in (502, 503), answer.text
        case.validate_response(answer, checks=_CHECKS)

    bounded(given(case=operation.as_strategy())(check), 1)()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("operation", TAKING, ids=name_of)
def test_nonsense_is_refused_in_words(operation: APIOperation, runner: asyncio.Runner, park: Park) -> None:
    def check(case: Any) -> None:
        answer = ask(runner, park, case)
        assert answer.status_code < 500 or answer.status_code in (502, 503), answer.text
        case.validate_response(answer, checks=[*_CHECKS, negative_data_rejection])

    mode = schemathesis.GenerationMode.NEGATIVE
    bounded(given(case=operation.as_strategy(generation_mode=mode))(check), 2)()
