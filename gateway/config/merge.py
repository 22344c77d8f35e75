"""Mappings of several files to one: names that stand twice are problems that name both places."""

from gateway.config.accountreader import CARBON, CARBON_KEYS, CARBON_LISTS, ENERGY, ENERGY_KEYS, ENERGY_LISTS
from gateway.config.nodes import Mapping, Node, Scalar, Sequence
from gateway.config.noticereader import NOTIFY_KEYS, NOTIFY_LISTS, NOTIFY_MAPS
from gateway.config.problems import Report
from gateway.config.respell import respelt

RULE_MAPS = ("use", "calendars", "schedules", "alarms", "derived")
"""Top-level keys of rules that map names to entries."""
NOTIFY = "notify"
RULE_SECTIONS = (*RULE_MAPS, NOTIFY)
ACCOUNTS = {ENERGY: (ENERGY_LISTS, ENERGY_KEYS), CARBON: (CARBON_LISTS, CARBON_KEYS)}
"""Sections of accounts: their lists of entries, and all their keys."""
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
        if key in NOTIFY_MAPS and not _is_empty(value):
            inner = merged.items.setdefault(key, Mapping(value.mark))
            merged.keys.setdefault(key, node.keys[key])
            assert isinstance(inner, Mapping)
            merge_map(key, value, inner, report)
    _merge_keys(node.without(frozenset(NOTIFY_MAPS)), merged, NOTIFY_LISTS, report)


def merge_accounts(section: str, node: Node, merged: Mapping, report: Report) -> None:
    """Add an `energy:` or `carbon:` to those of other files: its lists of entries one after the other."""
    lists, names = ACCOUNTS[section]
    if not isinstance(node, Mapping):
        report.error(node.mark, f"`{section}` is a mapping", f"write `{section}: {{{lists[0]}: [...]}}`")
        return
    node = respelt(node, names, report, taken=merged.keys)
    for key in lists:
        entries = node.items.get(key)
        if entries is not None and not _is_empty(entries) and not isinstance(entries, Sequence):
            report.error(entries.mark, f"`{section}.{key}` is a list", "write `- {...}`, one entry a line")
            node = node.without(frozenset({key}))
    _merge_keys(node, merged, lists, report)


def _merge_keys(node: Mapping, merged: Mapping, lists: tuple[str, ...], report: Report) -> None:
    """Keys of one section: lists are joined, anything else stands once."""
    for key, value in node.items.items():
        if _is_empty(value):
            continue
        if key in lists and isinstance(value, Mapping | Sequence):
            together = merged.items.setdefault(key, Sequence(value.mark))
            merged.keys.setdefault(key, node.keys[key])
            assert isinstance(together, Sequence)
            together.entries += value.entries if isinstance(value, Sequence) else [value]
        elif key in merged.keys:
            report.error(node.keys[key], f"`{key}` stands twice", f"first: {merged.keys[key]}")
        else:
            merged.put(key, value, node.keys[key])


def _is_empty(node: Node) -> bool:
    """True for a key with nothing behind it: all of it is commented out."""
    return isinstance(node, Scalar) and node.value() is None and not node.is_unset
