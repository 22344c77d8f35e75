"""What people send to the records: JSON or a form with files; files go to the evidence, sizes are bounded."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from sqlite3 import Connection
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from gateway.accounts.records.evidence_files import MAX_FILES, EvidenceFile, keep, kept
from gateway.api.access import Principal
from gateway.api.context import Context
from gateway.core.errors import Rejected
from gateway.store.evidence import MAX_BYTES, EvidenceStore
from gateway.store.records import Kind, find

Json = dict[str, Any]
MAX_JSON = 1024 * 1024
_EVIDENCE_HINT = 'POST /api/v1/carbon/evidence first; then `{"sha256": "...", "name": "photo.jpg"}`'


@asynccontextmanager
async def posted(request: Request, part: str) -> AsyncIterator[tuple[Json, FormData | None]]:
    """The JSON of a request and, where it is a form, its parts; the files of a form are on the disk, not in memory."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        yield _json(await read_body(request, MAX_JSON)), None
        return
    async with request.form(max_files=MAX_FILES + 1, max_fields=20, max_part_size=MAX_JSON) as form:
        text = form.get(part)
        if not isinstance(text, str):
            raise Rejected(f"the form has no part `{part}`", "it holds the record as JSON; files are parts `file`")
        yield _json(text.encode()), form


def _json(data: bytes) -> Json:
    """An object; numbers keep the text in which they were written."""
    try:
        found = json.loads(data, parse_float=str, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Rejected("the body is no JSON", "see /api/v1/openapi.json") from None
    if not isinstance(found, dict):
        raise Rejected("the body is no JSON object", '`{"kind": "delivery", "by": "...", ...}`')
    return found


def _no_number(text: str) -> object:
    raise ValueError(text)


async def read_body(request: Request, most: int) -> bytes:
    """The body, not larger than allowed."""
    found = bytearray()
    async for block in request.stream():
        found += block
        if len(found) > most:
            raise HTTPException(413, f"larger than {most} bytes")
    return bytes(found)


async def files_of(
    principal: Principal, context: Context, document: Json, form: FormData | None
) -> tuple[EvidenceFile, ...]:
    """The files of a record: those that came with it, and those that were kept before."""
    store = context.gateway.ledger.evidence
    named = document.get("evidence", [])
    if not isinstance(named, list) or len(named) > MAX_FILES:
        raise Rejected(f"evidence: expected a list of at most {MAX_FILES} files", _EVIDENCE_HINT)
    found = []
    for one in named:
        file = one if isinstance(one, dict) else {"sha256": one}
        sha256, name = file.get("sha256"), file.get("name", "")
        if not isinstance(sha256, str) or not isinstance(name, str):
            raise Rejected("evidence: expected the SHA-256 of files", _EVIDENCE_HINT)
        found.append(
            await context.gateway.ledger.do(
                partial(_known, store=store, sha256=sha256, name=name, whose=principal.enterprise)
            )
        )
    for part in [] if form is None else form.getlist("file"):
        if isinstance(part, UploadFile):
            data = await _read(part)
            found.append(await context.gateway.ledger.do(partial(_keep, store, data, part.filename or "file")))
    return tuple(dict.fromkeys(found))


def _keep(store: EvidenceStore, data: bytes, name: str, _: Connection) -> EvidenceFile:
    """Keep a file, in the ledger's thread."""
    return keep(store, data, name)


def _known(db: Connection, *, store: EvidenceStore, sha256: str, name: str, whose: str | None) -> EvidenceFile:
    """A file that was kept before, under the name that is given or that the ledger has for it.

    Somebody of one enterprise can name only what the ledger knows as its own, sent before or named by its records: to
    name a file of others would let them read it.
    """
    records = find(db, kinds=(Kind.EVIDENCE,), enterprise=whose, about=sha256, limit=1)
    if whose is not None and not records:
        raise Rejected(f"there is no evidence {sha256[:80]}", "send the file itself, as a part `file`")
    return kept(store, sha256, name or (str(records[0].body["name"]) if records else ""))


async def table_of(
    principal: Principal, context: Context, document: Json, form: FormData | None
) -> tuple[EvidenceFile, bytes]:
    """The table, kept as evidence of its records."""
    store = context.gateway.ledger.evidence
    if form is None:
        sha256, name = str(document.get("table", "")), str(document.get("name", "table"))
        known = partial(_known, store=store, sha256=sha256, name=name, whose=principal.enterprise)
        return await context.gateway.ledger.do(lambda db: (known(db), store.read(sha256)))
    file = form.get("table")
    if not isinstance(file, UploadFile):
        raise Rejected("the form has no part `table`", "it holds the CSV or XLSX file")
    data = await _read(file)
    return await context.gateway.ledger.do(lambda _: (keep(store, data, file.filename or "table"), data))


async def _read(file: UploadFile) -> bytes:
    if file.size is not None and file.size > MAX_BYTES:
        raise Rejected(
            f"`{(file.filename or 'file')[:100]}` is larger than {MAX_BYTES // 2**20} MiB", "make it smaller"
        )
    return await file.read()
