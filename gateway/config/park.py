"""`load`: park.yaml and everything that it names, to a ParkPlan - or every error at once."""

import gc
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from gateway.config.accountreader import CARBON, ENERGY, TARIFFS, AccountReader
from gateway.config.apireader import ApiReader
from gateway.config.backupmodels import BackupModel
from gateway.config.devices import DeviceCompiler, Surroundings
from gateway.config.drivermodels import DriverEntry, DriverModels
from gateway.config.endpoints import EndpointReader
from gateway.config.files import FileReader, Sections
from gateway.config.merge import NOTIFY
from gateway.config.models import EnterpriseModel, SiteModel, StoreModel
from gateway.config.nodes import Mapping as MappingNode
from gateway.config.nodes import Node, Scalar
from gateway.config.noticereader import CHANNELS
from gateway.config.plan import ApiPlan, BackupPlan, ParkPlan, StoreLimits
from gateway.config.problems import Finding, Mark, Report
from gateway.config.profiles import ProfileShelf
from gateway.config.redact import redacted_files
from gateway.config.rulereader import RuleReader
from gateway.config.secrets import Vault
from gateway.config.seen import SeenFiles
from gateway.config.validate import M, Validator
from gateway.core.device import Enterprise, Site


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that can be run, and what should be looked at in it."""

    plan: ParkPlan
    findings: list[Finding]


def load(path: Path, drivers: Mapping[str, DriverEntry], environment: Mapping[str, str] | None = None) -> Loaded:
    """Read `path` with everything that it includes and compile it for these drivers (name -> its config module).

    `environment` (default: the process's) answers `${NAME}`. Raises ConfigErrors with every problem and its place.
    """
    found = attempt(path, drivers, environment)
    found.report.raise_problems()
    assert found.plan is not None
    return Loaded(found.plan, sorted(found.report.findings))


@dataclass(frozen=True, slots=True)
class Attempt:
    """A configuration as far as it could be read, with every problem of its form."""

    report: Report
    plan: ParkPlan | None = None  # without the entries that have problems; `None`: nothing can be judged further
    is_sound_but_accounts: bool = False  # all problems are about accounts: what they name and the rules are sound
    unread: frozenset[str] = frozenset()  # names of entries about accounts that were left out
    seen: SeenFiles = field(default_factory=SeenFiles)


def attempt(
    path: Path,
    drivers: Mapping[str, DriverEntry],
    environment: Mapping[str, str] | None = None,
    instead: Mapping[Path, bytes] | None = None,
) -> Attempt:
    """Read `path` like `load`, as far as it goes: what is sound can be judged although the rest is not.

    `instead` stands in for what files hold on the disk: what would be if they were written so.
    """
    with paused_garbage_collection():
        report = Report()
        vault = Vault(os.environ if environment is None else environment, path.parent, report)
        reader = FileReader(vault, instead)
        sections = reader.sections(path)
        if not reader.is_complete and report.problems:
            return Attempt(report, seen=reader.seen)
        compiler = _ParkCompiler(path, reader, sections, DriverModels(drivers), Validator(vault))
        plan = compiler.plan()
        is_sound_but = compiler.of_accounts == len(report.problems)
        return Attempt(report, plan, is_sound_but, frozenset(compiler.unread), reader.seen)


def redacted(path: Path, drivers: Mapping[str, DriverEntry]) -> dict[str, str]:
    """The text of every file of a configuration as it may be shown, by path: secrets are `***`. Never raises."""
    reader = FileReader(Vault({}, path.parent, Report()))
    reader.sections(path)
    paths = [*reader.paths, *sorted((path.parent / "profiles").glob("*.yaml"))]
    models = DriverModels(drivers)
    return redacted_files(list(dict.fromkeys(paths)), models.secret_fields(), models.channel_secrets())


@contextmanager
def paused_garbage_collection() -> Iterator[None]:
    """Loading makes a million objects that all live: collections in between would only walk over them."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _ParkCompiler:
    """Compiles the merged sections; what has problems is left out, and the report says why."""

    def __init__(
        self, path: Path, reader: FileReader, sections: Sections, drivers: DriverModels, validator: Validator
    ) -> None:
        self._path = path
        self._folder = path.parent
        self._reader = reader
        self._sections = sections
        self._drivers = drivers
        self._validator = validator
        self._report = validator.report
        self.of_accounts = 0  # problems of these sections
        self.unread: set[str] = set()

    def plan(self) -> ParkPlan | None:
        """The park, `None` where a part that everything hangs on has problems."""
        site = self._site()
        store = self._store()
        api = self._api(store)
        backup = self._backup()
        enterprises = self._enterprises()
        endpoints = EndpointReader(self._drivers, self._validator)
        connections = endpoints.connections(self._sections.maps.get("connections"))
        sinks = endpoints.sinks(self._sections.maps.get("sinks"))
        around = Surroundings(site.id if site else "", enterprises, connections, self._profiles(), self._drivers)
        devices = DeviceCompiler(around, self._validator)
        for node in self._sections.lists["devices"]:
            devices.add(node)
        plans = devices.plans()
        notify = self._sections.maps.get(NOTIFY)
        rules = RuleReader(self._validator).read(self._sections.maps, notify)
        channels = endpoints.channels(notify and notify.items.get(CHANNELS))
        maps, tariffs = self._sections.maps, self._sections.lists[TARIFFS]
        reader = AccountReader(self._validator, site.timezone if site else "UTC")
        before = len(self._report.problems)
        accounts = reader.read(maps.get(ENERGY), maps.get(CARBON), tariffs)
        self.of_accounts, self.unread = len(self._report.problems) - before, reader.unread
        self._note_renamed(devices)
        if site is None or store is None or api is None:
            return None
        found = tuple(enterprise for enterprise in enterprises.values() if enterprise is not None)
        park = ParkPlan(site, found, tuple(devices.devices), plans, sinks, store, api, tuple(devices.renamed))
        return replace(park, rules=rules, channels=channels, accounts=accounts, backup=backup)

    def _section(self, name: str, model: type[M]) -> M | None:
        """A top-level mapping; its defaults where it is not written, a problem where it has none."""
        if name in self._sections.single:
            return self._validator.read(model, self._sections.single[name][1])
        if any(field.is_required() for field in model.model_fields.values()):
            self._report.error(self._sections.mark, f"`{name}` is missing", f"write for example `{name}: {{id: park}}`")
            return None
        return model()

    def _site(self) -> Site | None:
        site = self._section("site", SiteModel)
        return (
            None
            if site is None
            else Site(site.id, site.name.names(), site.timezone, site.contract_demand, site.operators)
        )

    def _enterprises(self) -> dict[str, Enterprise | None]:
        """By id; `None` in place of one whose id can be read and the rest cannot."""
        found: dict[str, Enterprise | None] = {}
        marks: dict[str, Mark] = {}
        for node in self._sections.lists["enterprises"]:
            written = node.items.get("id") if isinstance(node, MappingNode) else None
            entry = self._validator.read(EnterpriseModel, node)
            if isinstance(written, Scalar):
                if written.text in marks:
                    message = f"enterprise `{written.shown}` stands twice"
                    self._report.error(written.mark, message, f"first: {marks[written.text]}")
                    continue
                marks[written.text] = written.mark
                found[written.text] = None if entry is None else Enterprise(entry.id, entry.name.names())
        return found

    def _profiles(self) -> ProfileShelf:
        inline = self._sections.maps.get("profiles") or MappingNode(self._sections.mark)
        folder = self._folder / "profiles"
        self._reader.seen.note_folder(folder)
        shelf = ProfileShelf(inline, folder, self._reader.yaml, self._drivers, self._validator)
        shelf.compile_inline()
        return shelf

    def _store(self) -> StoreLimits | None:
        store = self._section("store", StoreModel)
        if store is None:
            return None
        return StoreLimits(
            directory=self._folder / store.directory,
            outbox_max_bytes=store.outbox.max_size,
            outbox_max_age_s=store.outbox.max_age,
            min_free_bytes=store.min_free,
            commit_interval_s=store.commit_interval,
            durability=store.durability,
            audit_max_bytes=store.audit.max_size,
        )

    def _api(self, store: StoreLimits | None) -> ApiPlan | None:
        mark, node = self._sections.single.get("api", (self._sections.mark, None))
        return ApiReader(self._validator, store.directory if store else self._folder).read(node, mark)

    def _backup(self) -> BackupPlan:
        """Without automatic backups where nothing is written, and after problems."""
        read = self._section("backup", BackupModel) if "backup" in self._sections.single else None
        if read is None:
            return BackupPlan(self._path)
        return BackupPlan(self._path, self._folder / read.directory, read.every, read.keep, read.passphrase)

    def _note_renamed(self, devices: DeviceCompiler) -> None:
        ids = {device.id for device in devices.devices}
        for old, new in devices.renamed:
            if old in ids:
                node = self._device(new)
                message = f"device `{new}` was renamed from `{old}`, which still exists"
                self._report.error(node.mark, message, "remove `renamed_from`, or the old device")

    def _device(self, device: str) -> Node:
        for node in self._sections.lists["devices"]:
            written = node.items.get("id") if isinstance(node, MappingNode) else None
            if isinstance(node, MappingNode) and isinstance(written, Scalar) and written.text == device:
                return node
        raise KeyError(device)
