"""Mappings of several files to one: names that stand twice are problems that name both places."""

from gateway.config.nodes import Mapping, Node, Scalar, Sequence
from gateway.config.noticereader import NOTIFY_KEYS, NOTIFY_LISTS, NOTIFY_MAPS
from gateway.config.problems import Report
from gateway.config.respell import respelt

RULE_MAPS = ("use", "calendars", "schedules", "alarms", "derived")
"""Top-level keys of rules that map names to entries."""
NOTIFY = "notify"
RULE_SECTIONS = (*RULE_MAPS, NOTIFY)
_SINGULAR = {"use": "pack", "derived": "derived point"}


def merge_map(key: str, node: Node, merged: Mapping, report: Report) -> None:
    """Add the entries under a key to those of other files."""
    if not isinstance(node, Mapping):
        report.error(node.mark, f"`{key}` is a mapping from names", f"write `{key}: {{name: {{...}}}}`")
        return
    for name, value in node.items.items():
        if name in merged.keys:
            what = f"{_SINGULAR.get(key, key.removesuffix('s'))} `{name}` stands twice"
            report.error(node.keys[name], what, f"first: {merged.keys[name]}")
        else:
            merged.put(name, value, node.keys[name])


def merge_notify(node: Node, merged: Mapping, report: Report) -> None:
    """Add a `notify:` to those of other files: its channels and routes by name, its lists one after the other."""
    if not isinstance(node, Mapping):
        report.error(node.mark, "`notify` is a mapping", "write `notify: {channels: {...}, routes: {...}}`")
        return
    node = respelt(node, NOTIFY_KEYS, report, taken=merged.keys)
    for key, value in node.items.items():
        if isinstance(value, Scalar) and value.value() is None and not value.is_unset:
            continue
        if key in NOTIFY_MAPS:
            inner = merged.items.setdefault(key, Mapping(value.mark))
            merged.keys.setdefault(key, node.keys[key])
            assert isinstance(inner, Mapping)
            merge_map(key, value, inner, report)
        elif key in NOTIFY_LISTS and isinstance(value, Mapping | Sequence):
            together = merged.items.setdefault(key, Sequence(value.mark))
            merged.keys.setdefault(key, node.keys[key])
            assert isinstance(together, Sequence)
            together.entries += value.entries if isinstance(value, Sequence) else [value]
        elif key in merged.keys:
            report.error(node.keys[key], f"`{key}` stands twice", f"first: {merged.keys[key]}")
        else:
            merged.put(key, value, node.keys[key])
