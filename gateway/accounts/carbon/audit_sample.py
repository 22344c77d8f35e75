"""An auditor's sample: entries by seed, each with its whole trace and the files behind it, in one ZIP with a manifest.

Which entries: those of the period whose SHA-256 of `seed:id` (UTF-8) is smallest, in that order. Who knows seed and
ids finds the same ones; who makes the accounts cannot choose them once somebody else has named the seed.
"""

import json
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import IO, Any

from gateway.accounts.books import Books
from gateway.accounts.carbon.runs import entity_of, figures
from gateway.accounts.carbon.summary import summary
from gateway.accounts.carbon.trace import Depth, trace
from gateway.accounts.periods import parse_period
from gateway.core.errors import GatewayError, Rejected
from gateway.store.checkpoints import keys, newest
from gateway.store.evidence import EvidenceStore
from rules.carbon.inventory.entry import Entry

MOST = 200
_MAX_SEED = 200
_DATE = (1980, 1, 1, 0, 0, 0)  # of every member: the same sample is the same bytes
_README = """Audit sample

Entries: the {count} of {of} entries of {entity}, {period}, whose SHA-256 of "{seed}:" and their id is smallest.
summary.json     the figures, with every entry id
entries/*.json   for each sampled entry its chain: total, entry, activity, days, intervals with raw readings,
                 records, factors with their documents, ledger record with inclusion proof and signed checkpoint
evidence/*       the files behind the records, named by their SHA-256
checkpoint.txt   the newest signed checkpoint (C2SP tlog-checkpoint); key.txt its public key
manifest.json    SHA-256 and size of every file above

审计抽样：上述条目按种子确定；每个条目附完整追溯链、原始读数、凭证文件与账本证明；manifest.json 列出全部文件的 SHA-256。
"""


@dataclass(slots=True)
class _Zip:
    """A ZIP that notes what it holds."""

    file: zipfile.ZipFile
    manifest: list[dict[str, Any]] = field(default_factory=list)

    def add(self, name: str, data: bytes) -> None:
        """One member; the same name again is the same file."""
        if any(one["name"] == name for one in self.manifest):
            return
        self.file.writestr(_member(name), data)
        self.manifest.append({"name": name, "sha256": sha256(data).hexdigest(), "size": len(data)})

    def add_json(self, name: str, document: Any) -> None:
        """A document."""
        self.add(name, json.dumps(document, ensure_ascii=False, indent=1).encode())


def chosen(entry_ids: Sequence[str], count: int, seed: str) -> list[str]:
    """The sample."""
    return sorted(entry_ids, key=lambda one: sha256(f"{seed}:{one}".encode()).digest())[:count]


def write_sample(
    db: sqlite3.Connection,
    books: Books,
    entity_id: str,
    period_text: str,
    count: int,
    seed: str,
    file: IO[bytes],
    now_ns: int,
    evidence: EvidenceStore | None = None,
    enterprise: str | None = None,
) -> list[str]:
    """Write the ZIP; gives the sampled ids. Raises Rejected for a count or seed that does not do, or no entries.

    `enterprise`: who asks; what registers of other enterprises counted is not theirs to see.
    """
    if not 1 <= count <= MOST:
        raise Rejected(f"n: {count} entries cannot be sampled", f"1 to {MOST}")
    if not 0 < len(seed) <= _MAX_SEED or not seed.isprintable():
        raise Rejected("seed: a text of 1 to 200 printable characters is needed", "the auditor names it")
    entity, period = entity_of(books, entity_id), parse_period(period_text)
    entries = dict(_entries(db, books, entity.id, period.label, now_ns))
    sample = chosen(list(entries), count, seed)
    if not sample:
        raise Rejected(f"{entity.id} {period.label} has no entries", "`park-gateway carbon summary` says why")
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        found = _Zip(archive)
        head = {"count": len(sample), "of": len(entries), "entity": entity.id, "period": period.label, "seed": seed}
        found.add("README.txt", _README.format(**head).encode())
        found.add_json("summary.json", summary(db, books, entity.id, period.label, now_ns))
        for entry_id in sample:
            chain = trace(
                db, books, entry_id, now_ns, evidence=evidence, enterprise=enterprise, entity=entity.id,
                period=entries[entry_id], depth=Depth(every_interval=True),
            )  # fmt: skip
            found.add_json(f"entries/{entry_id}.json", chain)
            _add_files(found, chain, evidence)
        _add_checkpoint(found, db)
        archive.writestr(_member("manifest.json"), json.dumps({**head, "files": found.manifest}, indent=1))
    return sample


def _entries(
    db: sqlite3.Connection, books: Books, entity_id: str, label: str, now_ns: int
) -> Iterator[tuple[str, str]]:
    """(id, month) of every entry of the period."""
    for part in figures(db, books, entity_of(books, entity_id), parse_period(label), now_ns):
        entries: Mapping[str, Entry] = part.entries
        for entry_id in entries:
            yield entry_id, part.part.label


def _add_files(found: _Zip, chain: Mapping[str, Any], evidence: EvidenceStore | None) -> None:
    """The files of the records of a chain; one that is missing breaks the chain, which says so."""
    if evidence is None:
        return
    for step in chain["steps"]:
        for record in step.get("records", ()) if step["step"] == "records" else ():
            for file in record["files"]:
                try:
                    found.add(f"evidence/{file['sha256']}", evidence.read(file["sha256"]))
                except GatewayError:
                    continue


def _add_checkpoint(found: _Zip, db: sqlite3.Connection) -> None:
    checkpoint = newest(db)
    if checkpoint is not None:
        found.add("checkpoint.txt", checkpoint.note.encode())
        found.add("key.txt", "".join(f"{key.text}\n" for key in keys(db)).encode())


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, _DATE)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o644 << 16
    return member
