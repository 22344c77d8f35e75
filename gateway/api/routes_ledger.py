"""The ledger: its records, the newest checkpoint, proofs, the public key, and the files behind records."""

import sqlite3
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from gateway.api.access import LedgerKeeper, Principal, Reader
from gateway.api.answers import answers, file_answers
from gateway.api.context import InContext
from gateway.api.etags import is_known
from gateway.api.proven import ProvenRoute
from gateway.api.sentences import with_chinese
from gateway.api.shapes.ledger import (
    CheckpointShape,
    ConsistencyProof,
    InclusionProof,
    LedgerKey,
    LedgerRecord,
    LedgerRecords,
    LedgerVerdict,
)
from gateway.pipeline.report import ms
from gateway.store import checkpoints, records
from gateway.store import ledger_views as views
from gateway.store.ledger import Ledger
from gateway.store.ledger_verify import verify
from gateway.store.records import Kind, Record

router = APIRouter(prefix="/api/v1/carbon", tags=["ledger"], route_class=ProvenRoute)
MOST_RECORDS = 1_000
MOST_BODIES = 100
MOST_BYTES = 8 * 2**20  # of the bodies of a page
_PLAIN = "application/octet-stream"
_TYPES = {  # what a browser may be told; everything else is bytes
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "application/pdf": ".pdf",
    "text/csv": ".csv",
    "text/plain": ".txt",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}
_MOST = 2**53

Json = dict[str, Any]
Seq = Annotated[int, Query(ge=0, le=_MOST)]
Short = Annotated[str | None, Query(max_length=100)]


@router.get("/ledger/records", operation_id="ledger_records", responses=answers(LedgerRecords))
async def list_records(
    principal: Reader,
    context: InContext,
    after: Seq = 0,
    kind: Annotated[list[Kind] | None, Query(max_length=len(Kind))] = None,
    enterprise: Short = None,
    period: Short = None,
    about: Short = None,
    newest_first: bool = False,
    with_body: bool = False,
    limit: Annotated[int, Query(ge=1, le=MOST_RECORDS)] = 100,
) -> Response:
    """Records in order; `next` is the `after` of the next page, `null` at the end. Large bodies make a page shorter."""
    if principal.enterprise is not None and enterprise not in (None, principal.enterprise):
        return _json(views.encoded({"records": [], "next": None}))

    def page(db: sqlite3.Connection) -> bytes:
        asked = partial(
            records.find,
            db,
            kinds=kind or (),
            enterprise=enterprise if principal.enterprise is None else principal.enterprise,
            period=period,
            about=about,
            newest_first=newest_first,
        )
        most = min(limit, MOST_BODIES) if with_body else limit
        found = asked(after_seq=after, limit=most, with_body=with_body, most_bytes=MOST_BYTES)
        last = found[-1].seq if found else 0
        is_more = bool(found and asked(after_seq=last, limit=1, with_body=False))
        documents = [views.record_document(record, with_body=with_body) for record in found]
        return views.encoded({"records": documents, "next": last if is_more else None})

    return _json(await _ledger(context).do(page))


@router.get("/ledger/records/{record_id}", operation_id="ledger_record", responses=answers(LedgerRecord))
async def get_record(
    principal: Reader, context: InContext, request: Request, record_id: Annotated[str, Path(max_length=100)]
) -> Response:
    """One record by its id or the beginning of it (8 characters or more)."""

    def whole(db: sqlite3.Connection) -> tuple[str, bytes]:
        found = records.get(db, record_id, enterprise=principal.enterprise)
        document = views.record_document(_seen(principal, found, record_id))
        return document["leaf"], views.encoded(document)

    leaf, content = await _ledger(context).do(whole)
    return _tagged(request, content, leaf)


@router.get("/ledger/checkpoint", responses=answers(CheckpointShape, 404))
async def get_checkpoint(principal: Reader, context: InContext, request: Request) -> Response:
    """The newest checkpoint."""
    found = await _ledger(context).do(checkpoints.newest)
    if found is None:
        raise HTTPException(404, "no checkpoint was signed yet; POST /api/v1/carbon/ledger/checkpoint signs one")
    document = views.checkpoint_document(found)
    return _tagged(request, views.encoded(document), f"{document['root']}-{document['time']}")


@router.post("/ledger/checkpoint", responses=answers(CheckpointShape))
async def sign_checkpoint(principal: LedgerKeeper, context: InContext) -> Json:
    """Sign the log as it is now and send the checkpoint to the sinks."""
    async with context.audited(principal, "ledger checkpoint", "ledger") as entry:
        document = views.checkpoint_document(await _ledger(context).checkpoint())
        entry.after = {"size": document["size"], "root": document["root"]}
    return document


@router.post("/ledger/verify", operation_id="verify_ledger", responses=answers(LedgerVerdict, 403))
async def verify_ledger(principal: Reader, context: InContext) -> Json:
    """Check every hash, signature and file of the ledger and the audit log as they lie on the disk.

    What was changed is named. It changes nothing and may take a minute. For those who see the whole park.
    """
    if principal.enterprise is not None:
        raise HTTPException(403, "the ledger is the whole park's: ask its operator, or prove an entry of your own")
    found = await context.job(verify, context.gateway.plan.store.directory)
    audited = (await context.gateway.audit.proof.verify()).verdict
    found.add_audit(audited.entries, [one.text for one in audited.gaps], [one.text for one in audited.faults])
    verdict = {**found.document, "verified_ms": ms(context.gateway.clock.time_ns())}
    return with_chinese(verdict, "message", "notes")


@router.get("/ledger/proof/inclusion", responses=answers(InclusionProof, 404))
async def prove_inclusion(
    principal: Reader,
    context: InContext,
    seq: Annotated[int, Query(ge=1, le=_MOST)],
    size: Annotated[int | None, Query(ge=1, le=_MOST)] = None,
) -> Json:
    """That record `seq` is in the log of `size` records (without: of the newest checkpoint). Hashes in hex."""
    ledger = _ledger(context)
    record = _seen(principal, await ledger.do(lambda db: records.at(db, seq)), str(seq))
    return await ledger.do(lambda db: views.inclusion_document(db, record, size))


@router.get("/ledger/proof/consistency", responses=answers(ConsistencyProof))
async def prove_consistency(
    principal: Reader,
    context: InContext,
    old: Annotated[int, Query(ge=1, le=_MOST)],
    new: Annotated[int, Query(ge=1, le=_MOST)],
) -> Json:
    """That the log of `new` records begins with the log of `old`. Hashes in hex."""
    return await _ledger(context).do(lambda db: views.consistency_document(db, old, new))


@router.get("/ledger/key", operation_id="ledger_key", responses=answers(LedgerKey))
async def get_key(principal: Reader, context: InContext) -> Json:
    """The public key that checkpoints are signed with, as C2SP signed notes write it."""
    return views.key_document(await _ledger(context).do(checkpoints.keys))


@router.get("/evidence/{sha256}", response_class=Response, responses=file_answers(_PLAIN, *_TYPES))
async def get_evidence(
    principal: Reader, context: InContext, request: Request, sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
) -> Response:
    """A file that a record names. Always to be saved, never to be shown as a page."""
    ledger = _ledger(context)
    named = await ledger.do(lambda db: views.file_of(db, sha256, principal.enterprise))
    if named is None:
        raise HTTPException(404, f"no record names the file {sha256}")
    headers = {"ETag": f'"{sha256}"', "Cache-Control": "private, no-cache", "Repr-Digest": views.digest_header(sha256)}
    if is_known(request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    data = await ledger.do(lambda _: ledger.evidence.read(sha256))
    said = str(named.get("media_type", ""))
    media_type = said if said in _TYPES else _PLAIN
    name = str(named.get("name") or f"{sha256[:16]}{_TYPES.get(media_type, '')}")
    headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return Response(data, media_type=media_type, headers=headers)


def _ledger(context: InContext) -> Ledger:
    return context.gateway.ledger


def _seen(principal: Principal, record: Record | None, asked: str) -> Record:
    """The record, or 404 where there is none or it is not theirs: the two look alike."""
    if record is None or principal.enterprise not in (None, record.enterprise):
        raise HTTPException(404, f"no record `{asked[:100]}`; GET /api/v1/carbon/ledger/records lists them")
    return record


def _tagged(request: Request, content: bytes, tag: str) -> Response:
    """The document with an ETag, or 304 where the asker has it."""
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
    if is_known(request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return _json(content, headers)


def _json(content: bytes, headers: dict[str, str] | None = None) -> Response:
    """What was made text in the ledger's thread: a run has thousands of lines."""
    return Response(content, media_type="application/json", headers=headers)
