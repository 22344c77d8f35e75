"""One rule for many devices: makes an instance for each, and says which devices lack what."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from gateway.config.problems import nearest
from gateway.config.ruleplan import AlarmPlan, DerivedPlan
from gateway.core.device import Device
from gateway.rulebook.directory import Directory
from gateway.rulebook.issues import Issues
from gateway.rulebook.refusal import MissingPoint, Refused
from gateway.rulebook.select import Selected, has_point, listed

T = TypeVar("T")
Rule = AlarmPlan | DerivedPlan


class Instances:
    """Makes instances; what a text has wrong is said once, whatever number of devices it is for."""

    def __init__(self, directory: Directory, issues: Issues) -> None:
        self._directory = directory
        self._issues = issues

    def one(self, rule: Rule, make: Callable[[], T]) -> T | None:
        """The only instance of a rule for the park or a connection; `None` after problems.

        A rule of a pack is skipped where the park does not have what it needs.
        """
        try:
            return make()
        except (MissingPoint, Refused) as error:
            if rule.pack and isinstance(error, MissingPoint):
                self._tell_parameter(error)
            else:
                self._issues.refuse(error.written, error.error)
            return None

    def has_any(self, rule: Rule, selected: Selected) -> bool:
        """False, and a finding, where a rule is for no device."""
        if not selected.devices and not rule.pack:
            self._tell_none(rule)
        return bool(selected.devices)

    def each(self, rule: Rule, selected: Selected, make: Callable[[Device], T]) -> list[T]:
        """One instance for each device that has what the rule needs."""
        found: list[T] = []
        lacking: dict[str, list[Device]] = {}
        first: MissingPoint | None = None
        for device in selected.devices:
            try:
                found.append(make(device))
            except MissingPoint as missing:
                first = first or missing
                lacking.setdefault(missing.name, []).append(device)
                if device.id in selected.named and not rule.pack:
                    self._lacks(rule, device.id, missing.name)
            except Refused as refused:
                self._issues.refuse(refused.written, refused.error)
                return []
        if not rule.pack:
            self._tell(rule, selected, found, lacking, first)
        elif not found and first is not None:
            self._tell_parameter(first)
        return found

    def of_owners(self, rule: Rule, selected: Selected, make: Callable[[str, Sequence[Device]], T]) -> list[T]:
        """One instance for each enterprise whose devices have what the rule needs."""
        owned: dict[str, list[Device]] = {}
        for device in selected.devices:
            owned.setdefault(device.enterprise, []).append(device)
        found: list[T] = []
        lacking: dict[str, list[str]] = {}
        first: MissingPoint | None = None
        for enterprise, devices in owned.items():
            try:
                found.append(make(enterprise, devices))
            except MissingPoint as missing:
                first = first or missing
                lacking.setdefault(missing.error.message, []).append(enterprise)
            except Refused as refused:
                self._issues.refuse(refused.written, refused.error)
                return []
        if first is not None and not rule.pack:
            if not found:
                self._issues.refuse(first.written, first.error)
            for what, enterprises in lacking.items() if found else ():
                whose = f"`{rule.name}` is not there for {listed(enterprises)}"
                self._issues.warn(rule.mark, f"{whose}: {what}")
        return found

    def _tell(
        self,
        rule: Rule,
        selected: Selected,
        found: Iterable[object],
        lacking: dict[str, list[Device]],
        first: MissingPoint | None,
    ) -> None:
        assert rule.for_each is not None
        for device in selected.lacking:
            for point in rule.for_each.has:
                if not has_point(self._directory, device, point.text):
                    self._lacks(rule, device, point.text)
        if not selected.devices and not selected.lacking:
            self._tell_none(rule)
        elif not found and first is not None and not selected.named:
            self._issues.refuse(first.written, first.error)  # nobody has it: it is misspelt
        elif not selected.named:
            for name, devices in lacking.items():
                what = f"{listed(device.id for device in devices)} ha{'ve' if len(devices) > 1 else 's'} no `{name}`"
                self._issues.warn(rule.mark, f"`{rule.name}` is not there for all of its devices: {what}")

    def _tell_parameter(self, missing: MissingPoint) -> None:
        """A rule of a pack may lack its points, but not one that the user has named."""
        parameter = self._issues.parameter_with(missing.written.mark, missing.name)
        if parameter is not None:
            what = f"`{parameter.text}`: {missing.error.message}"
            self._issues.error(parameter.mark, what, missing.error.hint)

    def _tell_none(self, rule: Rule) -> None:
        """Says so, and which point of `has` no device has: it may be misspelt."""
        assert rule.for_each is not None
        every = [device for device in self._directory.plans if rule.for_each.has]
        for point in rule.for_each.has:
            if not any(has_point(self._directory, device, point.text) for device in every):
                known = {name for device in every for name in self._directory.names(device)}
                name = point.text.partition(":")[0]
                self._issues.warn(point.mark, f"no connected device has a point `{point.text}`", nearest(name, known))
        hint = "it has no alarm" if isinstance(rule, AlarmPlan) else "there is no such point"
        self._issues.warn(rule.for_each.mark, f"`{rule.name}` is for no connected device", hint)

    def _lacks(self, rule: Rule, device: str, name: str) -> None:
        """A device that is named in the selector must have the point."""
        assert rule.for_each is not None
        mark = next((one.mark for one in rule.for_each.devices if one.text == device), rule.mark)
        self._issues.error(
            mark, f"device `{device}` has no point `{name}`", nearest(name, self._directory.names(device))
        )
