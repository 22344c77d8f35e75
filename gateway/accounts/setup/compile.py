"""The books of a configuration: what is written about accounts, compiled against devices and the factor catalogue."""

from dataclasses import replace

from gateway.accounts.books import Books
from gateway.accounts.records.factors import PREFIX, approved_catalogue
from gateway.accounts.setup.declared import MeterCompiler
from gateway.accounts.setup.emitters import SourceCompiler
from gateway.accounts.setup.entities import check_entities, entities_of
from gateway.accounts.setup.policies import policy_of
from gateway.accounts.setup.sharing import allocation_rules, virtual_meters
from gateway.accounts.setup.tariffs import compile_tariffs
from gateway.carbon.catalogue import load_catalogue
from gateway.config.plan import ParkPlan
from gateway.config.problems import Mark, Report
from rules.carbon.catalogue import Catalogue
from rules.carbon.inventory.entry import Basis
from rules.carbon.inventory.policy import Policy, with_uncertainties


def load_books(plan: ParkPlan, catalogue: Catalogue | None = None) -> Books:
    """The books of a configuration, with the shipped catalogue. Raises ConfigErrors with every problem and its place.

    Names of factors are checked with those of one's own, too, that the ledger of this park has approved.
    """
    report = Report()
    shipped = catalogue or load_catalogue()
    known, trouble = approved_catalogue(shipped, plan.store.directory)
    books = compile_books(plan, shipped, report, known=known)
    if trouble:
        report = _without_own(report)
        report.warn(Mark(str(plan.store.directory), 1, 1), f"factors of one's own are not known: {trouble}")
    report.raise_problems()
    return replace(books, findings=tuple(sorted(report.findings)))


def _without_own(report: Report) -> Report:
    """The report without what only says that a factor of one's own is not known."""
    return Report({one: None for one in report.problems if f"`{PREFIX}" not in one.message}, report.findings)


def compile_books(plan: ParkPlan, catalogue: Catalogue, report: Report, *, known: Catalogue | None = None) -> Books:
    """The books; problems and findings go to the report, and what has a problem is left out.

    `known` (default: the catalogue): what names of factors are checked with; it holds factors of one's own, too.
    """
    accounts, known = plan.accounts, known or catalogue
    owners = [enterprise.id for enterprise in plan.enterprises]
    compiler = MeterCompiler(plan, report)
    meters = compiler.meters()
    virtual = virtual_meters(accounts.energy.virtual, meters, owners, report)
    policy = policy_of(accounts.carbon, known, [*owners, plan.site.id], report)
    emitters = SourceCompiler(plan, meters, with_uncertainties(known, policy), policy, report)
    sources = emitters.sources()
    entities = entities_of(plan, sources, report)
    rules = allocation_rules(accounts.energy.allocations, {**meters, **virtual}, owners, report)
    marks = {f"allocation {entry.of.text}": entry.of.mark for entry in accounts.energy.allocations}
    check_entities(entities, sources, meters, rules, {**marks, **compiler.marks, **emitters.marks}, report)
    return Books(
        site=plan.site,
        enterprises=plan.enterprises,
        interval_s=accounts.energy.interval_s,
        meters=meters,
        virtual=virtual,
        allocations=rules,
        loss_limit_percent=accounts.energy.loss_limit_percent,
        sources=sources,
        entities=entities,
        policy=policy,
        catalogue=catalogue,
        responsible=accounts.carbon.responsible,
        standards=accounts.carbon.standards,
        exclusions=accounts.carbon.exclusions,
        tariffs=compile_tariffs(plan, report),
        findings=tuple(sorted(report.findings)),
    )


def no_books(plan: ParkPlan) -> Books:
    """Books in which nothing is accounted."""
    policy = Policy("operational_control", "", "AR6", (Basis.LOCATION,), Basis.LOCATION)
    energy = plan.accounts.energy
    return Books(
        site=plan.site,
        enterprises=plan.enterprises,
        interval_s=energy.interval_s,
        meters={},
        virtual={},
        allocations=(),
        loss_limit_percent=energy.loss_limit_percent,
        sources={},
        entities={},
        policy=policy,
        catalogue=Catalogue(()),
    )
