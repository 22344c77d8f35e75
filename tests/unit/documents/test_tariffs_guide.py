"""The guide to tariffs: its example is read, and prices every day of its year."""

import re
from datetime import date, timedelta
from pathlib import Path

from gateway.accounts.setup.compile import load_books
from gateway.accounts.setup.tariffs import rates_of
from gateway.config import load
from gateway.plugins import known_drivers

GUIDE = Path(__file__).parents[3] / "deploy" / "guide" / "tariffs.md"


def test_the_example_of_the_guide_prices_every_interval_of_its_year(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    head = "site: {id: site, timezone: Asia/Shanghai}\nenterprises: [{id: acme}, {id: beta}]\n"
    (tmp_path / "park.yaml").write_text(head + example, encoding="utf-8")
    loaded = load(tmp_path / "park.yaml", known_drivers(), {})
    books = load_books(loaded.plan)
    rates = rates_of(books.tariffs, "acme", books.interval_s, "Asia/Shanghai")
    slots = [slot for step in range(365) for slot in rates.day(date(2026, 1, 1) + timedelta(days=step))]
    assert len(slots) == 365 * 96
    assert all(slot.price is not None for slot in slots)
    assert not books.findings
