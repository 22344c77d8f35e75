"""Connections, sinks and channels: named entries whose `driver` says which model reads the rest."""

from dataclasses import dataclass

from gateway.config.driver import ChannelOptions, Connection, SinkOptions
from gateway.config.drivermodels import DriverModels, SourceModels, field_names
from gateway.config.models import checked_id
from gateway.config.nodes import Mapping, Node, Scalar
from gateway.config.noticemodels import ChannelModel
from gateway.config.plan import ChannelPlan, SinkPlan
from gateway.config.problems import Mark, Report
from gateway.config.respell import respelt
from gateway.config.types import HintedError
from gateway.config.validate import Validator

_DRIVER = frozenset({"driver"})
_CHANNEL = field_names(ChannelModel)
HISTORY = "history"
"""The sink that is there without being written; `history: none` switches it off."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A connection: its driver, what the user wrote, and where."""

    name: str
    driver: SourceModels
    options: Connection | None  # `None` after problems: its devices are still checked for its driver
    mark: Mark


class EndpointReader:
    """Reads `connections:`, `sinks:` and the channels of `notify:`."""

    def __init__(self, drivers: DriverModels, validator: Validator) -> None:
        self._drivers = drivers
        self._validator = validator
        self._report: Report = validator.report

    def connections(self, node: Mapping | None) -> dict[str, Endpoint | None]:
        """The connections by name; `None` in place of one whose driver is not known."""
        found: dict[str, Endpoint | None] = {}
        for name, entry in {} if node is None else node.items.items():
            assert node is not None
            found[name] = self._connection(name, node.keys[name], entry)
        return found

    def sinks(self, node: Mapping | None) -> tuple[SinkPlan, ...]:
        """The sinks in the order of the file, the history first where it is not written."""
        entries = dict(node.items) if node else {}
        history = entries.get(HISTORY)
        if isinstance(history, Scalar) and history.text == "none":
            del entries[HISTORY]
        elif history is None and HISTORY in self._drivers.table:
            entries = {HISTORY: _entry(HISTORY), **entries}
        marks = node.keys if node else {}
        found = (self._sink(name, marks.get(name, entry.mark), entry) for name, entry in entries.items())
        return tuple(sink for sink in found if sink is not None)

    def _connection(self, name: str, mark: Mark, node: Node) -> Endpoint | None:
        node = self._respelt(node)
        driver = self._driver(name, mark, node)
        models = driver and self._drivers.wanted_source(driver.text, driver.mark, self._report)
        if not models or not isinstance(node, Mapping):
            return None
        options = self._validator.read(models.connection, node.without(_DRIVER), _DRIVER)
        return Endpoint(name, models, options, mark)

    def _sink(self, name: str, mark: Mark, node: Node) -> SinkPlan | None:
        node = self._respelt(node)
        driver = self._driver(name, mark, node)
        model: type[SinkOptions] | None = None
        if driver is not None:
            model = self._drivers.wanted_sink(driver.text, driver.mark, self._report)
        if driver is None or model is None or not isinstance(node, Mapping):
            return None
        options = self._validator.read(model, node.without(_DRIVER), _DRIVER)
        return None if options is None else SinkPlan(name, driver.text, options)

    def channels(self, node: Node | None) -> tuple[ChannelPlan, ...]:
        """The channels in the order of the file."""
        entries = node if isinstance(node, Mapping) else Mapping(Mark("", 1, 1))
        found = (self._channel(name, entries.keys[name], entry) for name, entry in entries.items.items())
        return tuple(channel for channel in found if channel is not None)

    def _channel(self, name: str, mark: Mark, node: Node) -> ChannelPlan | None:
        node = self._respelt(node)
        driver = self._driver(name, mark, node, "webhook")
        model: type[ChannelOptions] | None = None
        if driver is not None:
            model = self._drivers.wanted_channel(driver.text, driver.mark, self._report)
        if driver is None or model is None or not isinstance(node, Mapping):
            return None
        node = respelt(node, _DRIVER | _CHANNEL | field_names(model), self._report)
        common = self._validator.read(ChannelModel, node.only(_CHANNEL))
        options = self._validator.read(model, node.without(_DRIVER | _CHANNEL), _DRIVER | _CHANNEL)
        if options is None or common is None:
            return None
        return ChannelPlan(name, driver.text, options, common.language, common.rate, mark)

    def _driver(self, name: str, mark: Mark, node: Node, example: str = "modbus") -> Scalar | None:
        """The `driver` of an entry, after a look at its name and form."""
        try:
            checked_id(name)
        except HintedError as error:
            self._report.error(mark, f"name `{name}`: {error}", error.hint)
        driver = node.items.get("driver") if isinstance(node, Mapping) else None
        if not isinstance(node, Mapping):
            self._report.error(node.mark, f"`{name}` is a mapping", "write `{driver: ..., ...}`")
        elif not isinstance(driver, Scalar) or not (driver.text or driver.is_unset):
            self._report.error(mark, f"`{name}` has no driver", f"add for example `driver: {example}`")
        return driver if isinstance(driver, Scalar) and driver.text and not driver.is_unset else None

    def _respelt(self, node: Node) -> Node:
        return respelt(node, _DRIVER, self._report) if isinstance(node, Mapping) else node


def _entry(driver: str) -> Mapping:
    """An entry that nobody wrote: only its driver."""
    mark = Mark("built-in default", 1, 1)
    return Mapping(mark, {"driver": Scalar(driver, mark)}, {"driver": mark})
