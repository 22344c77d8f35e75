"""Which registers add up to what an enterprise takes."""

from dataclasses import replace

from gateway.accounts.books import Entity, Meter
from gateway.accounts.energy.flows import flows_of
from gateway.config.accountplan import Direction
from gateway.core.device import MeterRole
from gateway.core.point import Names
from tests.unit.gateway.accounts.tariff_park import _meter, books


def bought(meters: list[Meter], entity: Entity) -> list[str]:
    found = replace(books(), meters={one.tag: one for one in meters}, sources={}, allocations=())
    return [tag for flow in flows_of(found, entity) if flow.direction is Direction.IMPORT for tag, _ in flow.weights]


def test_an_incomer_is_not_the_use_of_the_enterprise_that_it_is_configured_for_where_others_are_fed_too() -> None:
    incomer = replace(_meter("tx1.import", "common"), role=MeterRole.GRID)
    tenant = _meter("acme.import", "acme", under=("tx1.import",))
    site = Entity("site", Names(), True, ())
    common = Entity("common", Names(), False, ())
    assert bought([incomer, tenant], common) == []
    assert bought([incomer, tenant], site) == ["tx1.import"]
    assert bought([incomer], common) == ["tx1.import"]  # alone it is all that the enterprise has
