"""How the park's flows add up.

    grid (two incomers in parallel) + PV = main meters of the enterprises + common services + losses

at every instant and therefore in every counter, because both sides are made of the same flows. A main meter is the sum
of its sub-meters and of what nobody meters in its enterprise ("rest").
"""

from dataclasses import dataclass

from drivers.simulator import loads
from drivers.simulator.flow import DayFlow, Flow, Load, LoadDays, LossDays, Sum


@dataclass(frozen=True, slots=True)
class Balance:
    """The flows behind all electricity meters, by what they are."""

    grid: tuple[Flow, ...]  # positive: import; the park always draws more than its PV gives
    pv: dict[str, Flow]  # by device id
    mains: dict[str, Flow]  # by enterprise id
    subs: dict[str, Flow]  # by load name
    common: Flow
    losses: Flow


def make_balance(seed: int) -> Balance:
    """The balance of the park for a seed."""
    leaves = [*(load for group in loads.ENTERPRISE_LOADS.values() for load in group), loads.COMMON]
    days = {load.name: LoadDays(load, seed) for load in leaves}
    flows: dict[str, Flow] = {name: DayFlow(one) for name, one in days.items()}
    losses = DayFlow(LossDays(list(days.values()), loads.RATED_KW))
    pv: dict[str, Flow] = {load.name: flow_of(load, seed) for load in loads.PV}
    drawn = [(1.0, flow) for flow in (*flows.values(), losses)]
    made = [(-1.0, flow) for flow in pv.values()]
    whole = Sum([*drawn, *made])
    return Balance(
        grid=tuple(Sum([(share, whole)]) for share in loads.GRID_SHARES),
        pv=pv,
        mains={
            enterprise: Sum([(1.0, flows[load.name]) for load in group])
            for enterprise, group in loads.ENTERPRISE_LOADS.items()
        },
        subs=flows,
        common=flows[loads.COMMON.name],
        losses=losses,
    )


def flow_of(load: Load, seed: int) -> Flow:
    """The flow of one load that stands for itself."""
    return DayFlow(LoadDays(load, seed))
