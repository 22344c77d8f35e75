"""Shorter names for what a script declares for itself: a sixth of its bytes are names that only people need.

A name is replaced wherever it stands for the variable, and nowhere else: not behind a dot, as a key, as a method or
field of a class; `{name}` becomes `{name:a}`. What is imported, exported or not declared in the file keeps its name, so
does whatever a browser knows by the same name.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, product
from string import ascii_letters

_TOKEN = re.compile(
    rb"(?P<space>\s+)"
    rb"|(?P<text>\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|#\w+|\d[\w.]*)"
    rb"|(?P<template>`)"
    rb"|(?P<word>[A-Za-z_$][\w$]*)"
    rb"|(?P<mark>=>|\.\.\.|\?\.|[=!]==?|.)",
    re.DOTALL,
)
_TEMPLATE_TEXT = re.compile(rb"(?:[^`\\$]|\\.|\$(?!\{))*", re.DOTALL)
_PATTERN = re.compile(rb"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/\w*")
_BEFORE_PATTERN = (b"(", b",", b"=", b":", b"[", b"!", b"&", b"|", b"?", b"{", b"}", b";", b"=>", b"return", b"")
_BEFORE_BLOCK = (b")", b"=>", b"try", b"else", b"finally", b"catch", b"do", b";", b"}", b"")
_BEFORE_KEY = (b".", b"{", b",")
_MEMBER = (b"{", b"}", b";", b"static", b"get", b"set", b"async")
_CLOSES = {b")": b"(", b"]": b"[", b"}": b"{"}
_KEPT = frozenset(
    b"""abstract arguments as async await break case catch class close closed confirm const continue debugger
    default delete do document else enum eval event export extends false fetch finally find focus for from
    function get history if implements import in instanceof interface length let location name navigator new
    null of open origin package parent performance print private protected public return screen scroll scrollX
    scrollY self set static status stop super switch this throw top true try typeof undefined var void while
    window with yield""".split()
)


@dataclass(slots=True)
class _Piece:
    text: bytes
    is_word: bool = False
    inside: bytes = b""  # the innermost bracket: ( [ {, `block` of statements or `class`
    partner: int = -1  # of a bracket: where its other half is
    before: int = -1  # the piece before and after that is no white space; -1: none
    after: int = -1


@dataclass(slots=True)
class _Script:
    pieces: list[_Piece] = field(default_factory=list)
    places: dict[bytes, list[int]] = field(default_factory=dict)  # of names that stand for variables
    declared: set[bytes] = field(default_factory=set)
    kept: set[bytes] = field(default_factory=set)

    def text(self, at: int) -> bytes:
        return self.pieces[at].text if at >= 0 else b""


def shorten(source: bytes) -> bytes:
    """The same script with short names for what only it knows."""
    script = _Script(list(_pieces(source)))
    _pair(script.pieces)
    for at, piece in enumerate(script.pieces):
        if piece.is_word:
            _judge(script, at)
    names = {name for name in script.declared - script.kept - _KEPT if len(name) > 1}
    fresh = _fresh({piece.text for piece in script.pieces})
    for name, _ in Counter({name: len(script.places[name]) for name in sorted(names)}).most_common():
        short = next(fresh)
        for at in script.places[name]:
            script.pieces[at].text = (name + b":" if _is_shorthand(script, at) else b"") + short
    _join(script)
    return b"".join(piece.text for piece in script.pieces)


def _join(script: _Script) -> None:
    """Constants that follow each other say `const` once; what is exported stays by itself."""
    for at, piece in enumerate(script.pieces):
        if piece.text != b"const" or piece.inside == b"(" or script.text(piece.before) == b"export":
            continue
        end = _end(script, at)
        while script.text(end) == b";" and script.text(following := script.pieces[end].after) == b"const":
            script.pieces[end].text, script.pieces[following].text = b",", b""
            if script.pieces[following + 1].text.isspace():
                script.pieces[following + 1].text = b""
            end = _end(script, following)


def _end(script: _Script, at: int) -> int:
    """The semicolon or closing bracket that ends the statement in which `at` is; -1: the end of the script."""
    while (at := script.pieces[at].after) >= 0:
        piece = script.pieces[at]
        if piece.text == b";" or piece.text in _CLOSES:
            return at
        if piece.partner >= 0:
            at = piece.partner
    return at


def _pieces(source: bytes) -> Iterator[_Piece]:
    at, before = 0, b""
    open_braces = [0]  # of each template place that is open, how deep its braces are
    while match := _TOKEN.match(source, at):
        kind, text, at = match.lastgroup, match[0], match.end()
        if text == b"/" and before in _BEFORE_PATTERN and (pattern := _PATTERN.match(source, match.start())):
            kind, text, at = "text", pattern[0], pattern.end()
        if text == b"{":
            open_braces[-1] += 1
        elif text == b"}" and open_braces[-1] > 0:
            open_braces[-1] -= 1
        elif kind == "template" or (text == b"}" and len(open_braces) > 1):
            if text == b"}":
                open_braces.pop()
                yield _Piece(b"}")
            yield from _template(source, at, text, open_braces)
            at = _TEMPLATE_TEXT.match(source, at).end()  # type: ignore[union-attr]  # it matches nothing at least
            at += 1 if source[at : at + 1] == b"`" else 2
            before = b"`"
            continue
        yield _Piece(text, kind == "word")
        before = before if kind == "space" else text


def _template(source: bytes, at: int, first: bytes, open_braces: list[int]) -> Iterator[_Piece]:
    """The text of a template from `at` to its end or its next place."""
    end = _TEMPLATE_TEXT.match(source, at).end()  # type: ignore[union-attr]
    text = (first if first == b"`" else b"") + source[at:end]
    if source[end : end + 1] == b"`":
        yield _Piece(text + b"`")
        return
    open_braces.append(0)
    yield _Piece(text + b"$")
    yield _Piece(b"{")


def _pair(pieces: list[_Piece]) -> None:
    """Finds neighbours and brackets."""
    stack: list[tuple[int, bytes]] = []
    last = -1
    is_class = False
    for at, piece in enumerate(pieces):
        if piece.text in _CLOSES and stack:
            opened, _ = stack.pop()
            piece.partner, pieces[opened].partner = opened, at
        piece.inside = stack[-1][1] if stack else b""
        if piece.text.isspace():
            continue
        piece.before = last
        if last >= 0:
            pieces[last].after = at
        is_class = is_class or (
            piece.is_word and piece.text == b"class" and pieces[last].text not in (b".", b"{", b",")
        )
        if piece.text in (b"(", b"[", b"{"):
            stack.append((at, b"class" if is_class and piece.text == b"{" else _kind(piece, pieces, last)))
            is_class = is_class and piece.text != b"{"
        last = at


def _kind(bracket: _Piece, pieces: list[_Piece], last: int) -> bytes:
    """What a bracket holds; `last`: the piece before it."""
    before = pieces[last].text if last >= 0 else b""
    if bracket.text != b"{":
        return bracket.text
    if before.endswith(b"$"):  # a place in a template
        return b"("
    if before == b"{":
        return b"block" if bracket.inside == b"block" else b"{"
    return b"block" if before in _BEFORE_BLOCK else b"{"


def _judge(script: _Script, at: int) -> None:
    """What the word at `at` is; notes it where it is a variable."""
    piece = script.pieces[at]
    before, after = script.text(piece.before), script.text(piece.after)
    is_member = piece.inside == b"class" and before in _MEMBER
    if before in (b".", b"?.") or is_member or _is_key(script, at):
        return
    if before in (b"import", b"export", b"as") or after in (b"as", b"from") or _is_of_import(script, at):
        script.kept.add(piece.text)
    if _is_exported(script, piece.before):
        script.kept.add(piece.text)
    script.places.setdefault(piece.text, []).append(at)
    if before in (b"const", b"let", b"function", b"class", b"catch") or after == b"=>" or _is_bound(script, at):
        script.declared.add(piece.text)


def _is_key(script: _Script, at: int) -> bool:
    piece = script.pieces[at]
    before, after = script.text(piece.before), script.text(piece.after)
    if piece.inside == b"{" and before in (b"{", b",") and after == b":":
        return True
    if after != b"(" or before == b"function":
        return False
    closed = script.pieces[piece.after].partner
    return script.text(script.pieces[closed].after) == b"{" and piece.text not in (b"if", b"for", b"while", b"switch")


def _is_shorthand(script: _Script, at: int) -> bool:
    piece = script.pieces[at]
    before, after = script.text(piece.before), script.text(piece.after)
    return piece.inside == b"{" and before in (b"{", b",") and after in (b",", b"}", b"=")


def _brackets(script: _Script, at: int) -> Iterator[int]:
    """The brackets around `at`, innermost first."""
    depth = 0
    while at > 0:
        at -= 1
        piece = script.pieces[at]
        if piece.text in _CLOSES and piece.partner >= 0:
            at = piece.partner
        elif piece.text in (b"(", b"[", b"{") and piece.partner >= 0:
            depth += 1
            yield at


def _is_of_import(script: _Script, at: int) -> bool:
    if script.pieces[at].inside != b"{":
        return False
    outer = next(_brackets(script, at), -1)
    return script.text(script.pieces[outer].before) == b"import" if outer >= 0 else False


def _is_exported(script: _Script, keyword: int) -> bool:
    if script.text(keyword) not in (b"const", b"let", b"function", b"class"):
        return False
    before = script.text(script.pieces[keyword].before)
    outer = script.text(script.pieces[script.pieces[keyword].before].before) if before == b"async" else b""
    return b"export" in (before, outer)


def _is_bound(script: _Script, at: int) -> bool:
    """True for a name that a pattern or a list of parameters declares."""
    piece = script.pieces[at]
    if script.text(piece.before) not in (b"(", b"[", b"{", b",", b":", b"..."):
        return False
    for opened in _brackets(script, at):
        bracket = script.pieces[opened]
        head, tail = script.text(bracket.before), script.text(script.pieces[bracket.partner].after)
        if head in (b"const", b"let"):
            return True
        if bracket.text == b"(":
            return tail == b"=>" or (tail == b"{" and head not in (b"if", b"while", b"switch"))
        if head not in (b"(", b"[", b"{", b",", b":", b"...", b"const", b"let"):
            return False
    return False


def _fresh(taken: set[bytes]) -> Iterator[bytes]:
    for size in count(1):
        for letters in product(ascii_letters, repeat=size):
            name = "".join(letters).encode()
            if name not in taken and name not in _KEPT:
                yield name
