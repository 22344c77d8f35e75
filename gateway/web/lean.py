"""Scripts and styles without what only people need: comments, indentation, needless spaces and line ends.

Files are not joined: what a browser shows is what is in this package, only closer together; `names` shortens what a
script calls its own things. It takes the place of a build step, so that the page stays light without one.
"""

import re

_TOKEN = re.compile(
    rb"(?P<comment>//[^\n]*|/\*.*?\*/)"
    rb"|(?P<space>\s+)"
    rb"|(?P<string>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')"
    rb"|(?P<template>`)"
    rb"|(?P<private>#\w+)"
    rb"|(?P<word>[\w$\x80-\xff]+)"
    rb"|(?P<slash>/)"
    rb"|(?P<mark>.)",
    re.DOTALL,
)
_PATTERN = re.compile(rb"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/\w*")
_WORD = re.compile(rb"[\w$#\x80-\xff]")
_OPENS = b"{([,;:?=&|!"  # a line that ends so goes on: its end may go
_CLOSES = b")]},;:?=&|.*%"  # a line that begins so continues the one before, or ends a block
_BEFORE_PATTERN = b"(,=:[!&|?{};"  # a slash after one of these begins a regular expression
_PRIVATE = re.compile(rb"(?<=\.)#\w+")
_COMMENT = re.compile(rb"/\*.*?\*/", re.DOTALL)


def lean_script(source: bytes) -> bytes:
    """A script that does the same. Strings, templates and regular expressions stay as they are."""
    out = bytearray()
    names: dict[bytes, bytes] = {}  # of private members: they are seen by this file alone
    gap = b""  # white space since the last piece: a blank or a line end
    at = 0
    while match := _TOKEN.match(source, at):
        kind, piece, at = match.lastgroup, match[0], match.end()
        if kind in ("comment", "space"):
            gap = b"\n" if b"\n" in piece or gap == b"\n" else b" "
            continue
        if kind == "template":
            at = _template_end(source, at)
            piece = _PRIVATE.sub(lambda found: _short(names, found[0]), source[match.start() : at])
        elif kind == "private":
            piece = _short(names, piece)
        elif kind == "slash" and (not out or out[-1:] in _BEFORE_PATTERN or out.endswith(b"return")):
            pattern = _PATTERN.match(source, match.start())
            if pattern is not None:
                piece, at = pattern[0], pattern.end()
        if piece == b"}" and out.endswith(b";"):  # no loop of ours has an empty body
            out.pop()
        out += _kept(bytes(out[-1:]), gap, piece[:1]) + piece
        gap = b""
    return bytes(out) + b"\n"


def _short(names: dict[bytes, bytes], name: bytes) -> bytes:
    return names.setdefault(name, b"#p%d" % len(names))


def _kept(before: bytes, gap: bytes, after: bytes) -> bytes:
    """What must stay of the white space between two pieces."""
    if not gap or not before:
        return b""
    if gap == b"\n":
        return b"" if before in _OPENS or after in _CLOSES else b"\n"
    both_words = _WORD.match(before) and _WORD.match(after)
    signs = before in b"+-/" and after in b"+-/"
    return b" " if both_words or signs else b""


def _template_end(source: bytes, at: int) -> int:
    """Where a template ends that began just before `at`; templates within its places count as its own."""
    while source[at : at + 1] != b"`":
        if source[at : at + 1] == b"\\":
            at += 2
        elif source[at : at + 2] == b"${":
            at = _place_end(source, at + 2)
        else:
            at += 1
    return at + 1


def _place_end(source: bytes, at: int) -> int:
    depth = 1
    while depth:
        match = _TOKEN.match(source, at)
        if match is None:
            raise ValueError("a template does not end")
        at = _template_end(source, match.end()) if match.lastgroup == "template" else match.end()
        depth += {b"{": 1, b"}": -1}.get(match[0], 0)
    return at


def lean_style(source: bytes) -> bytes:
    """A style sheet that says the same; spaces in selectors and beside operators stay."""
    lines = (line.strip() for line in _COMMENT.sub(b"", source).splitlines())
    text = b"".join(line + b" " if line[-1:] not in b"{};" else line for line in lines if line)
    return re.sub(rb" ?([{};>]|!(?=important)) ?|([:,]) ", rb"\1\2", text).replace(b";}", b"}") + b"\n"


def lean_page(source: bytes) -> bytes:
    """An HTML document without indentation and empty lines."""
    return b"\n".join(line.strip() for line in source.splitlines() if line.strip()) + b"\n"
