"""The text of a PDF of ours: its streams, and the ToUnicode maps of its fonts. Enough for fpdf2's output, no more."""

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)endobj", re.DOTALL)
_STREAM = re.compile(rb"stream\n(.*?)\nendstream", re.DOTALL)


def pdf_pages(data: bytes) -> list[str]:
    """The text of every page, without spaces at line ends."""
    objects = {int(number): body for number, body in _OBJECT.findall(data)}
    fonts = {name: _cmap(objects, int(number)) for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", data)}
    pages = [body for body in objects.values() if b"/Type /Page\n" in body]
    return [_text(_stream(objects[int(re.search(rb"/Contents (\d+)", page)[1])]), fonts) for page in pages]  # type: ignore[index]


def _stream(body: bytes) -> bytes:
    found = _STREAM.search(body)
    assert found is not None
    return zlib.decompress(found[1]) if b"FlateDecode" in body else found[1]


def _cmap(objects: dict[int, bytes], number: int) -> dict[int, str]:
    reference = re.search(rb"/ToUnicode (\d+)", objects[number])
    assert reference is not None
    text = _stream(objects[int(reference[1])]).decode()
    found = {}
    for code, target in re.findall(r"<([0-9A-Fa-f]+)> <([0-9A-Fa-f]+)>\n", text):
        found[int(code, 16)] = bytes.fromhex(target).decode("utf-16-be")
    return found


def _text(content: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    told, font = [], b""
    for name, shown in re.findall(rb"/(F\d+) [\d.]+ Tf|\(((?:\\.|[^\\)])*)\) Tj", content, re.DOTALL):
        if name:
            font = name
            continue
        raw = re.sub(
            rb"\\(.)", lambda one: {b"n": b"\n", b"r": b"\r", b"t": b"\t"}.get(one[1], one[1]), shown, flags=re.DOTALL
        )
        codes = [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)]
        told.append("".join(fonts[font].get(code, "") for code in codes))
    return "".join(told)
