"""What the drivers let the user write: their `config.py`, imported when the configuration names them."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

from pydantic import BaseModel

from gateway.config.driver import ChannelOptions, Connection, DeviceAddress, PointAddress, SinkOptions
from gateway.config.problems import Mark, Report, nearest
from gateway.config.respell import meant
from gateway.config.types import Secret
from gateway.config.validate import leaf_types


class DriverEntry(Protocol):
    """A row of the table of drivers: the name of the module with its configuration models."""

    @property
    def config(self) -> str:
        """Name of the driver's `config` module."""
        ...


@dataclass(frozen=True, slots=True)
class SourceModels:
    """The three models of a source driver."""

    name: str
    connection: type[Connection]
    device: type[DeviceAddress]
    point: type[PointAddress]


@dataclass(frozen=True, slots=True)
class DriverModels:
    """Finds the models of drivers by name; a driver that is missing or of the other side is a problem with a hint."""

    table: Mapping[str, DriverEntry]

    def source(self, name: str) -> SourceModels | None:
        """The models of a source driver, `None` where there is no such source. Raises ImportError."""
        module = import_module(self.table[name].config) if name in self.table else None
        if module is None or not hasattr(module, "Connection"):
            return None
        return SourceModels(name, module.Connection, module.DeviceAddress, module.PointAddress)

    def sink(self, name: str) -> type[SinkOptions] | None:
        """The options of a sink driver, `None` where there is no such sink. Raises ImportError."""
        module = import_module(self.table[name].config) if name in self.table else None
        options: type[SinkOptions] | None = getattr(module, "SinkOptions", None)
        return options

    def channel(self, name: str) -> type[ChannelOptions] | None:
        """The options of a notifier driver, `None` where there is no such notifier. Raises ImportError."""
        module = import_module(self.table[name].config) if name in self.table else None
        options: type[ChannelOptions] | None = getattr(module, "ChannelOptions", None)
        return options

    def sources(self) -> dict[str, SourceModels]:
        """Every source driver that can be imported."""
        return {name: models for name in self._present() if (models := self.source(name)) is not None}

    def sinks(self) -> dict[str, type[SinkOptions]]:
        """Every sink driver that can be imported."""
        return {name: options for name in self._present() if (options := self.sink(name)) is not None}

    def channels(self) -> dict[str, type[ChannelOptions]]:
        """Every notifier driver that can be imported."""
        return {name: options for name in self._present() if (options := self.channel(name)) is not None}

    def _present(self) -> Iterator[str]:
        for name, entry in self.table.items():
            with suppress(ImportError):
                import_module(entry.config)
                yield name

    def device_fields(self) -> frozenset[str]:
        """The names of all fields that a device may have for its driver."""
        return frozenset(name for source in self.sources().values() for name in field_names(source.device))

    def secret_fields(self) -> frozenset[str]:
        """The names of all fields that hold secrets."""
        models: list[type[BaseModel]] = list(self.sinks().values())
        for source in self.sources().values():
            models += [source.connection, source.device, source.point]
        return frozenset(name for model in models for name in _secret_fields(model))

    def channel_secrets(self) -> frozenset[str]:
        """The names of all fields of channels that hold secrets; a robot's address (`url`) is one, elsewhere not."""
        return frozenset(name for model in self.channels().values() for name in _secret_fields(model))

    def wanted_source(self, name: str, mark: Mark, report: Report) -> SourceModels | None:
        """The models of a source driver; a problem at `mark` where there is none, and then those of the one meant."""
        try:
            models = self.source(name)
            if models is None:
                models = self.sources().get(self._note(name, "source", self.sources(), mark, report))
        except ImportError as error:
            report.error(mark, f"driver `{name}` cannot be loaded: {error}", "install the package that it names")
            return None
        return models

    def wanted_sink(self, name: str, mark: Mark, report: Report) -> type[SinkOptions] | None:
        """The options of a sink driver; a problem at `mark` where there is none, and then those of the one meant."""
        try:
            options = self.sink(name)
            if options is None:
                options = self.sinks().get(self._note(name, "sink", self.sinks(), mark, report))
        except ImportError as error:
            report.error(mark, f"driver `{name}` cannot be loaded: {error}", "install the package that it names")
            return None
        return options

    def wanted_channel(self, name: str, mark: Mark, report: Report) -> type[ChannelOptions] | None:
        """The options of a notifier; a problem at `mark` where there is none, and then those of the one meant."""
        try:
            options = self.channel(name)
            if options is None:
                options = self.channels().get(self._note(name, "notifier", self.channels(), mark, report))
        except ImportError as error:
            report.error(mark, f"driver `{name}` cannot be loaded: {error}", "install the package that it names")
            return None
        return options

    def _note(self, name: str, side: str, known: Iterable[str], mark: Mark, report: Report) -> str:
        """Say that there is no such driver; the one that is meant, or empty."""
        if name in self.table:
            report.error(mark, f"driver `{name}` is no {side}", nearest(name, known))
            return ""
        right = meant(name, known) or ""
        hint = f"did you mean `{right}`? what stands beside it is checked as `{right}`" if right else ""
        report.error(mark, f"driver `{name}` is not known", hint or nearest(name, known))
        return right


def field_names(model: type[BaseModel]) -> frozenset[str]:
    """The keys that a model takes."""
    return frozenset(field.alias or name for name, field in model.model_fields.items())


def _secret_fields(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        for leaf in leaf_types(field.annotation):
            if leaf is Secret:
                yield field.alias or name
            elif isinstance(leaf, type) and issubclass(leaf, BaseModel):
                yield from _secret_fields(leaf)
