"""The report as JSON with a manifest, and every format in one ZIP with manifest.json: SHA-256 and size of each file."""

import io
import json
import zipfile
from hashlib import sha256
from typing import Any

from gateway.reports.data import ReportData

FORM = "park-gateway carbon report 1"
MANIFEST = "manifest.json"
_DATE = (1980, 1, 1, 0, 0, 0)  # of every member: the same report is the same bytes
_README = """Carbon report of {entity}, {period}: {state}
*.xlsx  formulas over the entries     *.csv  every entry, without loss     *.json  summary, entries, lines, factors
*.pdf   for reading                   checkpoint.txt, key.txt  the signed checkpoint (C2SP) and its public key
manifest.json: SHA-256 and size of every file. Verify: park-gateway ledger verify --checkpoint checkpoint.txt --key KEY

碳排放报告：manifest.json 列出全部文件的 SHA-256；checkpoint.txt 为账本签名检查点。
"""


def carbon_json(data: ReportData) -> bytes:
    """Summary, entries, lines and factors; the manifest holds the SHA-256 of each part in `canonical` JSON."""
    parts: dict[str, Any] = {
        "summary": data.summary,
        "entries": list(data.entries),
        "lines": list(data.lines),
        "factors": list(data.factors),
        "published": data.published,
        "keys": list(data.keys),
    }
    manifest = {
        "canonical": "sorted keys, no spaces, UTF-8",
        "sha256": {name: sha256(canonical(part)).hexdigest() for name, part in parts.items()},
    }
    document = {"form": FORM, **about(data), "manifest": manifest, **parts}
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode(errors="backslashreplace")


def canonical(part: Any) -> bytes:
    """The bytes that are hashed."""
    text = json.dumps(part, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode(errors="backslashreplace")


def about(data: ReportData) -> dict[str, Any]:
    """What a file is of."""
    found = data.summary
    return {
        "entity": found["entity"]["id"],
        "period": found["period"]["label"],
        "status": found["status"],
        "may_change": data.is_open,
        "note": {"en": "open, may change", "zh": "未关账，可能变动"} if data.is_open else None,
        "checkpoint": found["checkpoint"],
    }


def zipped(files: dict[str, bytes], data: ReportData) -> bytes:
    """The files with the manifest as the last member."""
    head = about(data)
    files = {"README.txt": _README.format(**head, state=head["status"]).encode(), **files}
    if head["checkpoint"]:
        files["checkpoint.txt"] = head["checkpoint"]["note"].encode()
        files["key.txt"] = "".join(f"{key}\n" for key in data.keys).encode()
    listed = [{"name": name, "sha256": sha256(one).hexdigest(), "size": len(one)} for name, one in files.items()]
    files[MANIFEST] = json.dumps({"form": FORM, **head, "files": listed}, ensure_ascii=False, indent=1).encode()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, one in files.items():
            member = zipfile.ZipInfo(name, _DATE)
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, one)
    return buffer.getvalue()
