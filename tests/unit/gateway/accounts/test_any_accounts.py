"""Whatever stands under `energy:` and `carbon:`: books, or errors with a place, never anything else."""

import random
import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.config import ConfigErrors
from tests.unit.gateway.accounts.books_park import GAS, books_of

ACCOUNTS = f"""\
energy:
  interval: 15 min
  loss_limit: 5 %
  meters:
    - {{point: "*-main.energy_import", class: 0.5 %, rated: 1250 kW}}
    - point: acme-sub.energy_import
      under: [acme-main.energy_import]
      multiplier: 40
      multipliers: [{{valid_from: 2026-01-01, value: 60}}]
    - {{point: by-hand.heat, unit: GJ, medium: heat, gap: 40 d, resolution: 0.1, modulus: 1000}}
  virtual: [{{id: v, enterprise: acme, plus: [acme-main.energy_import], minus: [acme-sub.energy_import]}}]
  allocations: [{{of: virtual.v, by: area, valid_from: 2026-01-01, weights: {{acme: 3, beta: 1}}}}]
carbon:
  region: CN-ZJ
  bases: [location, market]
  fallbacks:
    - {{activity: purchased_electricity, as_of: 2023-12-31, region: CN, enterprise: acme, basis: location, reason: r}}
  sources:
    - {GAS}
    - {{id: cold, enterprise: beta, activity: fugitive, gas: R-404A}}
    - {{id: heat, enterprise: beta, meters: [by-hand.heat], activity: purchased_heat, fuel: heat}}
"""
WORDS = re.compile(r"[\w.*%-]+")
OTHERS = [
    "",
    "0",
    "-1",
    "1e99",
    "null",
    "[]",
    "{}",
    "x",
    '"*"',
    "virtual.v",
    "site",
    "acme",
    "99999999999999999999",
    "5 %",
    "NaN",
    "é\u202e",
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), changes=st.integers(1, 4))
def test_words_that_are_swapped_lost_or_replaced_give_books_or_errors_with_a_place(tmp_path, seed, changes) -> None:
    chance = random.Random(seed)
    text = ACCOUNTS
    for _ in range(changes):
        words = list(WORDS.finditer(text))
        one = chance.choice(words)
        other = chance.choice([*OTHERS, chance.choice(words)[0]])
        text = text[: one.start()] + other + text[one.end() :]
    try:
        books_of(tmp_path, text)
        problems = None
    except ConfigErrors as errors:
        problems = errors.problems
    assert problems is None or problems
    assert all(problem.line > 0 and problem.column > 0 for problem in problems or ())


def test_the_text_that_is_changed_is_right(tmp_path) -> None:
    books = books_of(tmp_path, ACCOUNTS)
    assert {"gas", "cold", "heat"} <= books.sources.keys()
