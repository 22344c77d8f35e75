"""Who works in the demo's park: an account per role, and for each a link that logs in once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from gateway.cli.peer import ask

PREPARER, APPROVER = "Li Na", "Wang Wei"
"""Of last month's records and accounts."""
_AUDIT_TAKES = timedelta(days=30)
_TARGET = "/api/v1/users"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody with an account; its name is their role."""

    role: str
    display: str
    does: str
    enterprise: str | None = None
    has_end: bool = False


PEOPLE = (
    DemoPerson("administrator", "Chen Jie", "accounts, keys, backup"),  # the first account has to be this one's
    DemoPerson("engineer", APPROVER, "devices, rules, configuration"),
    DemoPerson("viewer", "Zhao Min", "looks, changes nothing"),
    DemoPerson("enterprise", "Sun Li", "Huali Packaging: its own equipment", enterprise="huali"),
    DemoPerson("auditor", "Zhou Yan", "follows every figure, for 30 days", has_end=True),
    DemoPerson("operator", PREPARER, "alarms, records, the day's work"),  # the first whom one wants to be: said last
)


def begin_links(socket: Path, page: str, today: date) -> list[tuple[DemoPerson, str]]:
    """A fresh link for everybody; accounts that are missing are made. Raises GatewayError."""
    known = {user["name"] for user in ask(socket, "GET", _TARGET)["items"]}
    for person in PEOPLE:
        if person.role not in known:
            ask(socket, "POST", _TARGET, _wanted(person, today))
    links = (ask(socket, "POST", f"{_TARGET}/{person.role}/link", {})["path"] for person in PEOPLE)
    return [(person, f"{page}{path}") for person, path in zip(PEOPLE, links, strict=True)]


def told(links: list[tuple[DemoPerson, str]]) -> Iterator[str]:
    """A line each; the operator's stands alone and last."""
    *others, (operator, link) = links
    for person, url in others:
        yield f"  {person.role:14}{person.display:10}{person.does:36}{url}"
    yield ""
    yield f"  page, as {operator.role} {operator.display} ({operator.does}):"
    yield ""
    yield f"  page: {link}"


def _wanted(person: DemoPerson, today: date) -> dict[str, Any]:
    wanted: dict[str, Any] = {"name": person.role, "role": person.role, "display": person.display, "link": False}
    wanted |= {"enterprise": person.enterprise} if person.enterprise else {}
    return wanted | ({"valid_until": f"{today + _AUDIT_TAKES}"} if person.has_end else {})
