"""Files that stand behind a record: what they are (from their bytes, never from their name), how they are called."""

import io
import json
import re
import unicodedata
import zipfile
from dataclasses import dataclass

from gateway.core.errors import Rejected
from gateway.store.evidence import EvidenceStore

MAX_FILES = 10  # of one record
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_BEGINNINGS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
)
_HEIC = (b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis", b"hevc", b"avif")
_INSIDE = (
    ("xl/workbook.xml", XLSX),
    ("word/document.xml", _DOCX),
    ("OFD.xml", "application/ofd"),  # GB/T 33190: electronic invoices
)
_ENDINGS = {
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "gif": "image/gif", "webp": "image/webp",
    "tif": "image/tiff", "tiff": "image/tiff", "heic": "image/heic", "avif": "image/avif", "pdf": "application/pdf",
    "ofd": "application/ofd", "xlsx": XLSX, "docx": _DOCX, "zip": "application/zip",
    "csv": "text/plain", "txt": "text/plain", "json": "text/plain",
}  # fmt: skip
_MOST_JSON = 2**20  # what somebody would send by mistake
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")  # what no text holds
_EXECUTABLE = (b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe")


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A file that is kept, byte for byte as it came."""

    sha256: str
    name: str
    media_type: str
    size: int

    @property
    def document(self) -> dict[str, str | int]:
        """What a record keeps of it."""
        return {"sha256": self.sha256, "name": self.name, "media_type": self.media_type, "size": self.size}


def keep(store: EvidenceStore, data: bytes, name: str) -> EvidenceFile:
    """Keep a file. Raises Rejected for one that is empty, too large, or of no kind that is evidence."""
    media_type = media_type_of(data)
    return EvidenceFile(store.put(data), plain_name(name), media_type, len(data))


def kept(store: EvidenceStore, sha256: str, name: str = "") -> EvidenceFile:
    """A file that was kept before. Raises Rejected where there is none."""
    data = store.read(sha256)
    return EvidenceFile(sha256, plain_name(name), media_type_of(data), len(data))


def media_type_of(data: bytes) -> str:
    """The media type of these bytes. Raises Rejected for what is no photo, document, table or text."""
    for beginning, media_type in _BEGINNINGS:
        if data.startswith(beginning):
            return media_type
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC:
        return "image/avif" if data[8:12] == b"avif" else "image/heic"
    if data.startswith(b"PK\x03\x04"):
        return _of_archive(data)
    if data and not data.startswith(_EXECUTABLE) and _is_text(data):
        return "text/plain"
    raise Rejected(
        "the file is no photo, PDF, table, archive or text, whatever it is called",
        "evidence is JPEG, PNG, HEIC, WebP, TIFF, PDF, OFD, XLSX, DOCX, ZIP, CSV or text",
    )


def doubts_of(data: bytes, name: str) -> list[str]:
    """What a person should look at although the file is taken. Raises Rejected like `media_type_of`."""
    media_type = media_type_of(data)
    ending = name.rsplit(".", 1)[-1].lower()
    usual = _ENDINGS.get(ending)
    if usual not in (None, media_type):
        return [f"it is called .{ending}, its bytes are {media_type}: is it the right file?"]
    if media_type == "text/plain" and ending not in ("json", "txt") and _is_json(data):
        return ["it is JSON, kept as text: the body of this request is the file itself"]
    return []


def _is_json(data: bytes) -> bool:
    if len(data) > _MOST_JSON or data.lstrip()[:1] not in (b"{", b"["):
        return False
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True


def plain_name(name: str) -> str:
    """The last part of a file's name, without what could steer a terminal or a path."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(letter if unicodedata.category(letter)[0] != "C" else "_" for letter in last).strip(" .")
    return shown[:200] or "file"


def _of_archive(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise Rejected(f"the archive is damaged: {error}", "save and send it again") from None
    return next((media_type for name, media_type in _INSIDE if name in names), "application/zip")


def _is_text(data: bytes) -> bool:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8", "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return _CONTROL.search(text) is None
    return False
