"""`carbon.sources:` to emission sources, and the electricity that the roles of meters tell without being declared."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction

from gateway.accounts.books import EmissionSource, Meter
from gateway.accounts.setup.declared import no_meter
from gateway.accounts.setup.rehearsal import rehearse
from gateway.accounts.setup.supply import Supply
from gateway.carbon.description import DescriptionReader
from gateway.config.accountplan import Direction, Medium, SourceEntry
from gateway.config.accountreader import SOURCE_KEYS
from gateway.config.plan import ParkPlan
from gateway.config.problems import Mark, Report, nearest
from gateway.core.device import MeterRole
from gateway.core.point import Names
from rules.carbon.catalogue import Catalogue
from rules.carbon.description import Description, Stated
from rules.carbon.factor import Activity
from rules.carbon.inventory.policy import Policy
from rules.carbon.units import Unit, UnknownUnit, unit

SCOPE_1 = (Activity.STATIONARY, Activity.MOBILE, Activity.PROCESS, Activity.FUGITIVE, Activity.LEAKAGE)
SCOPE_2 = (Activity.ELECTRICITY, Activity.HEAT)
_GRID = "grid_average"


class SourceCompiler:
    """Compiles the sources of one configuration; problems and findings go to the report."""

    def __init__(
        self, plan: ParkPlan, meters: Mapping[str, Meter], catalogue: Catalogue, policy: Policy, report: Report
    ) -> None:
        self._plan = plan
        self._meters = meters
        self._supply = Supply({tag: meter.under for tag, meter in meters.items()})
        self._catalogue = catalogue
        self._policy = policy
        self._report = report
        self._owners = [enterprise.id for enterprise in plan.enterprises]
        self._shared = {entry.of.text for entry in plan.accounts.energy.allocations}
        self._generating: set[str] = set()  # enterprises of which a source tells what they generate
        self.marks: dict[str, Mark] = {}  # of the declared ones, by id

    def sources(self) -> dict[str, EmissionSource]:
        """By id: the declared ones, then the derived ones."""
        found: dict[str, EmissionSource] = {}
        entries = self._plan.accounts.carbon.sources
        for entry in entries:
            self.marks[entry.id] = entry.mark
            source = self._declared(entry)
            if source is not None:
                found[entry.id] = source
        is_broken = len(found) < len(entries)
        for source in self._derived(found.values(), is_broken=is_broken):
            if source.id in self.marks:
                hint = f"the electricity of `{source.enterprise}` is named so; choose another id"
                self._report.error(self.marks[source.id], f"source `{source.id}` stands twice", hint)
            found.setdefault(source.id, source)
        return found

    # Declared

    def _declared(self, entry: SourceEntry) -> EmissionSource | None:
        before = len(self._report.problems)
        owners = [*self._owners, self._plan.site.id]
        if entry.enterprise.text not in owners:
            hint = nearest(entry.enterprise.text, owners)
            self._report.error(entry.enterprise.mark, f"no enterprise `{entry.enterprise.text}`", hint)
        assert entry.description is not None
        reader = DescriptionReader(entry.description, self._report, self._catalogue)
        template = reader.template(f"source `{entry.id}`", SOURCE_KEYS)
        counted = self._counted(entry)
        if template is None or len(self._report.problems) > before:
            return None
        self._check_form(template, reader)
        template = self._completed(template)
        self._rehearse(template, counted, entry, reader)
        if len(self._report.problems) > before:
            return None
        tags = tuple(tag.text for tag in entry.meters)
        is_electric = template.activity is Activity.ELECTRICITY and not self._is_common(tags)
        devices = {self._meters[tag].device for tag in tags}
        return EmissionSource(
            id=entry.id,
            enterprise=entry.enterprise.text,
            names=entry.names if entry.names != Names() else Names(entry.id, entry.id),
            meters=tags,
            template=template if counted is None else _with_unit(template, counted),
            exports=self._exports(devices) if is_electric else (),
            generation=self._generation_once(entry.enterprise.text) if is_electric else (),
        )

    def _is_common(self, tags: Collection[str]) -> bool:
        """True for parts of shared meters alone, or none: beside it an enterprise has its own supply."""
        return all(tag in self._shared for tag in tags)

    def _generation_once(self, owner: str) -> tuple[str, ...]:
        """What an enterprise makes, with the first of its sources."""
        if owner in self._generating:
            return ()
        self._generating.add(owner)
        return self._generation(owner)

    def _check_form(self, template: Description, reader: DescriptionReader) -> None:
        if template.activity not in (*SCOPE_1, *SCOPE_2):
            message = f"`{template.activity}` belongs to neither scope 1 nor scope 2"
            self._report.error(reader.place("activity"), message, "`park-gateway carbon calc` calculates it by itself")
        if template.gwp_set:
            self._report.error(reader.place("gwp"), "the GWP set is the inventory's", "write it once: `carbon.gwp`")

    def _completed(self, template: Description) -> Description:
        """With the region and the GWP set of the policy. Fuels are of the country, electricity of the grid."""
        grid = self._policy.region
        region = grid if template.activity is Activity.ELECTRICITY else grid.partition("-")[0]
        fuel = template.fuel
        if template.activity is Activity.ELECTRICITY and not fuel and not template.choice.id:
            fuel = _GRID
        return replace(template, region=template.region or region, fuel=fuel, gwp_set=self._policy.gwp_set)

    def _counted(self, entry: SourceEntry) -> Unit | None:
        """The unit of its meters; `None` without meters, or after problems."""
        marks: dict[str, Mark] = {}
        units: dict[str, str] = {}
        for tag in entry.meters:
            meter = self._meters.get(tag.text)
            if meter is None:
                self._report.error(tag.mark, *no_meter(tag.text, self._meters))
            elif tag.text in marks:
                self._report.error(tag.mark, f"`{tag.text}` stands twice", f"first: {marks[tag.text]}")
            elif meter.direction is Direction.EXPORT:
                hint = "an export is no activity; it is deducted where a basis says so"
                self._report.error(tag.mark, f"`{tag.text}` counts what is given back", hint)
            else:
                marks[tag.text] = tag.mark
                units.setdefault(meter.spec.accounted_unit, tag.text)
        pair = self._supply.pair(marks)
        if pair is not None:
            lower, upper = pair
            message = f"source `{entry.id}` counts `{lower}` twice: it lies under `{upper}`"
            self._report.error(marks[lower], message, f"keep one of them; the other: {marks[upper]}")
        if len(units) > 1:
            told = ", ".join(f"`{tag}` {name}" for name, tag in units.items())
            self._report.error(entry.meters[0].mark, f"meters of different units do not add up: {told}")
        return self._unit(entry, next(iter(units))) if len(units) == 1 else None

    def _unit(self, entry: SourceEntry, name: str) -> Unit | None:
        try:
            return unit(name)
        except UnknownUnit as error:
            message = f"`{entry.meters[0].text}` counts `{name}`, which is no unit of an activity: {error}"
            self._report.error(entry.meters[0].mark, message, error.hint)
            return None

    def _rehearse(
        self, template: Description, counted: Unit | None, entry: SourceEntry, reader: DescriptionReader
    ) -> None:
        """Mistakes that no date would put right."""
        for wrong in rehearse(template, counted, self._catalogue):
            if wrong.field == "quantity" and counted is not None:
                message = f"`{entry.meters[0].text}` counts {counted}: {wrong.message}"
                self._report.error(entry.meters[0].mark, message, wrong.hint)
            else:
                self._report.error(reader.place(wrong.field), f"{wrong.field}: {wrong.message}", wrong.hint)

    # Derived

    def _derived(self, declared: Iterable[EmissionSource], *, is_broken: bool) -> Iterable[EmissionSource]:
        """The electricity of every enterprise and of the park that declares none."""
        told = {
            source.enterprise
            for source in declared
            if source.template.activity is Activity.ELECTRICITY
            and (not source.meters or not self._is_common(source.meters))
        }
        for owner in self._owners:
            if owner not in told:
                tags = self._supplied(owner, is_silent=is_broken)
                if tags:
                    yield self._electricity(owner, tags, self._generation(owner))
        site = self._plan.site.id
        if site not in told and site not in self._owners:
            grid = self._of_role(MeterRole.GRID, Direction.IMPORT)
            if grid:
                yield self._electricity(site, grid, self._of_role(MeterRole.PV, Direction.GENERATION))

    def _supplied(self, owner: str, *, is_silent: bool) -> tuple[str, ...]:
        """The meters that count what an enterprise buys: its main meters, else its sub-meters where they are apart."""
        mains = self._of_role(MeterRole.MAIN, Direction.IMPORT, owner)
        subs = self._of_role(MeterRole.SUB, Direction.IMPORT, owner)
        pair = self._supply.pair(subs)
        if mains or is_silent:
            return mains
        if self._of_role(MeterRole.GRID, Direction.IMPORT, owner) and not subs:
            return ()  # it supplies the others
        if not subs:
            self._warn(f"`{owner}` has no electricity: no meter with the role `main`, and no source is declared")
        elif pair is not None:
            lower, upper = pair
            message = f"`{owner}` has no electricity: no main meter, and `{lower}` lies under `{upper}`"
            self._warn(message, "declare a source with the meters that add up")
            return ()
        else:
            self._warn(
                f"the electricity of `{owner}` is the sum of its sub-meters: it has no main meter", ", ".join(subs)
            )
        return subs

    def _warn(self, message: str, hint: str = "") -> None:
        mark = self._plan.accounts.carbon.mark
        if mark is not None:  # who wrote nothing about carbon is not asked for it
            self._report.warn(mark, message, hint)

    def _electricity(self, owner: str, tags: tuple[str, ...], generation: tuple[str, ...]) -> EmissionSource:
        kwh = Stated(Fraction(0), "0", "", unit(self._meters[tags[0]].spec.accounted_unit))
        template = Description(
            Activity.ELECTRICITY, kwh, self._policy.region, date.min, date.min, _GRID, gwp_set=self._policy.gwp_set
        )
        devices = {self._meters[tag].device for tag in tags}
        for device in sorted(devices):
            several = [f"`{tag}`" for tag in tags if self._meters[tag].device == device]
            if len(several) > 1:
                hint = "if one counts the other, write `under:`; if one is no consumption, `excluded: true`"
                self._warn(f"the electricity of `{owner}` is the sum of {', '.join(several)}", hint)
        exports = self._exports(devices)
        names = Names("Electricity", "电力")
        return EmissionSource(f"{owner}-electricity", owner, names, tags, template, exports, generation)

    def _exports(self, devices: Collection[str]) -> tuple[str, ...]:
        return tuple(
            tag
            for tag, meter in self._meters.items()
            if meter.device in devices
            and _is_electric(meter)
            and meter.direction is Direction.EXPORT
            and not self._is_part(meter)
        )

    def _generation(self, owner: str) -> tuple[str, ...]:
        """What an enterprise makes behind its main meters; the plant of who owns the incomers feeds the park."""
        if self._of_role(MeterRole.GRID, Direction.IMPORT, owner):
            return ()
        return self._of_role(MeterRole.PV, Direction.GENERATION, owner)

    def _of_role(self, role: MeterRole, direction: Direction, owner: str = "") -> tuple[str, ...]:
        """The registers of a role; of a device's registers those that no other one of it counts."""
        return tuple(
            tag
            for tag, meter in self._meters.items()
            if meter.role is role
            and meter.direction is direction
            and _is_electric(meter)
            and (not owner or meter.enterprise == owner)
            and not self._is_part(meter)
        )

    def _is_part(self, meter: Meter) -> bool:
        return any(self._meters[tag].device == meter.device for tag in meter.under)


def _is_electric(meter: Meter) -> bool:
    return meter.medium is Medium.ELECTRICITY and meter.spec.accounted_unit == "kWh"


def _with_unit(template: Description, counted: Unit) -> Description:
    return replace(template, quantity=replace(template.quantity, unit=counted))
