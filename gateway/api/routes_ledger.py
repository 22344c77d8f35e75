"""The ledger: its records, the newest checkpoint, proofs, the public key, and the files behind records."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from gateway.api.access import LedgerKeeper, Principal, Reader
from gateway.api.context import InContext
from gateway.store import checkpoints, records
from gateway.store import ledger_views as views
from gateway.store.ledger import Ledger
from gateway.store.records import Kind, Record

router = APIRouter(prefix="/api/v1/carbon", tags=["ledger"])
MOST_RECORDS = 1_000
MOST_BODIES = 100
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


@router.get("/ledger/records")
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
) -> Json:
    """Records in order; `next` is the `after` of the next page, `null` at the end."""
    if principal.enterprise is not None and enterprise not in (None, principal.enterprise):
        return {"records": [], "next": None}
    count = min(limit, MOST_BODIES) if with_body else limit
    found = await _ledger(context).do(
        lambda db: records.find(
            db,
            kinds=kind or (),
            enterprise=principal.enterprise or enterprise,
            period=period,
            about=about,
            after_seq=after,
            limit=count + 1,
            newest_first=newest_first,
        )
    )
    page = found[:count]
    return {
        "records": [views.record_document(record, with_body=with_body) for record in page],
        "next": page[-1].seq if len(found) > count else None,
    }


@router.get("/ledger/records/{record_id}")
async def get_record(
    principal: Reader, context: InContext, request: Request, record_id: Annotated[str, Path(max_length=100)]
) -> Response:
    """One record by its id or the beginning of it (8 characters or more)."""
    record = await _ledger(context).do(lambda db: records.get(db, record_id))
    return _tagged(request, views.record_document(_seen(principal, record, record_id)), "leaf")


@router.get("/ledger/checkpoint")
async def get_checkpoint(principal: Reader, context: InContext, request: Request) -> Response:
    """The newest checkpoint."""
    found = await _ledger(context).do(checkpoints.newest)
    if found is None:
        raise HTTPException(404, "no checkpoint was signed yet; POST /api/v1/carbon/ledger/checkpoint signs one")
    document = views.checkpoint_document(found)
    return _tagged(request, document, "root", "time")


@router.post("/ledger/checkpoint")
async def sign_checkpoint(principal: LedgerKeeper, context: InContext) -> Json:
    """Sign the log as it is now and send the checkpoint to the sinks."""
    await context.audit(principal, "ledger checkpoint", "ledger")
    return views.checkpoint_document(await _ledger(context).checkpoint())


@router.get("/ledger/proof/inclusion")
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


@router.get("/ledger/proof/consistency")
async def prove_consistency(
    principal: Reader,
    context: InContext,
    old: Annotated[int, Query(ge=1, le=_MOST)],
    new: Annotated[int, Query(ge=1, le=_MOST)],
) -> Json:
    """That the log of `new` records begins with the log of `old`. Hashes in hex."""
    return await _ledger(context).do(lambda db: views.consistency_document(db, old, new))


@router.get("/ledger/key")
async def get_key(principal: Reader, context: InContext) -> Json:
    """The public key that checkpoints are signed with, as C2SP signed notes write it."""
    return views.key_document(await _ledger(context).do(checkpoints.keys))


@router.get("/evidence/{sha256}")
async def get_evidence(
    principal: Reader, context: InContext, request: Request, sha256: Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
) -> Response:
    """A file that a record names. Always to be saved, never to be shown as a page."""
    ledger = _ledger(context)
    named = await ledger.do(lambda db: views.file_of(db, sha256, principal.enterprise))
    if named is None:
        raise HTTPException(404, f"no record names the file {sha256}")
    headers = {"ETag": f'"{sha256}"', "Cache-Control": "private, no-cache", "Repr-Digest": views.digest_header(sha256)}
    if request.headers.get("if-none-match") == headers["ETag"]:
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
        raise HTTPException(404, f"no record `{asked}`; GET /api/v1/carbon/ledger/records lists them")
    return record


def _tagged(request: Request, document: Json, *fields: str) -> Response:
    """The document with an ETag of these fields, or 304 where the asker has it."""
    headers = {"ETag": '"' + "-".join(str(document[name]) for name in fields) + '"', "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return JSONResponse(document, headers=headers)
