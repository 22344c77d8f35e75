"""The fixed table of files that the API serves."""

import re
from collections.abc import Mapping

from gateway.web import ROUTES, Asset, assets
from gateway.web.lean import lean_script, lean_style
from gateway.web.names import shorten

KIB = 1024
ALWAYS = ("tokens", "frame", "parts", "print", "dialogs")  # style sheets of every page


def test_html_styles_and_charts_keep_their_part_of_the_weight(files: Mapping[str, Asset]) -> None:
    weight = {url: len(asset.body) for url, asset in files.items()}
    styles = {url: size for url, size in weight.items() if url.startswith("/assets/css/")}
    always = [size for url, size in styles.items() if url.rsplit("/")[-1].removesuffix(".css") in ALWAYS]
    largest = sorted(set(styles.values()) - set(always))[-2:]  # no page loads more than two of its own
    assert weight["/"] <= 4 * KIB
    assert len(always) == len(ALWAYS)
    assert sum(always) + sum(largest) <= 28 * KIB
    assert sum(size for url, size in weight.items() if url.startswith("/assets/vendor/")) <= 52 * KIB


def test_the_table_of_files_is_fixed_and_holds_nothing_inline(files: Mapping[str, Asset]) -> None:
    assert set(ROUTES) <= files.keys()
    assert all(url in ROUTES or url.startswith("/assets/") for url in files)
    assert files.keys() == assets().keys()
    page = files["/"].body.decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script>", page)
    for url, asset in files.items():
        if url.startswith("/assets/js/"):
            assert b"innerHTML" not in asset.body, url
            assert all(line.count(b"`") % 2 == 0 for line in asset.body.splitlines()), f"{url}: a string spans lines"


def test_a_lean_script_keeps_strings_templates_and_patterns_and_what_ends_a_statement() -> None:
    source = b"""// what it is
const  a = { "b": 1, }; /* aside */
const url = "http://x // y"; // not a comment inside
const t = `a  ${ f({ b: `{  ${ c }` }) }  // d`;
const found = text.replace( /[/"'] {2}/g, "" ) + + b - -c;
class One {
  #secret = 1;

  get() {
    return this.#secret / 2;
  }
}
let x = y
(f)
"""
    assert lean_script(source).decode() == (
        'const a={"b":1,};const url="http://x // y";const t=`a  ${ f({ b: `{  ${ c }` }) }  // d`;'
        'const found=text.replace(/[/"\'] {2}/g,"")+ +b- -c;class One{#p0=1;get(){return this.#p0/2}}\n'
        "let x=y\n(f)\n"
    )


def test_a_lean_style_keeps_spaces_that_mean_something() -> None:
    source = (
        b"/* a\n b */\n.a .b:not(.c) > i {\n  width: calc(100% - 2px) !important; margin: 0 1px;\n}\n"
        b"@media (x: 1) and (y) { a { b: c; } }\n"
    )
    assert lean_style(source) == (
        b".a .b:not(.c)>i{width:calc(100% - 2px)!important;margin:0 1px}@media (x:1) and (y){a{b:c}}\n"
    )


def test_short_names_stand_for_variables_and_for_nothing_else() -> None:
    source = b"""import{el}from"./dom.js";const LEAST=12;export const shown=LEAST;
class Box extends el{#p0=LEAST;count=1;open(target){return target.count+this.count}}
function build({text,tone="grey",...rest},history){let made;try{made=text}finally{rest.made=history}
return{text,tone:made?tone:LEAST,build(){return`${text} ${ {made}.made } text`},"made":/text/.test(text)}}
for(const[first,second]of[])build(first,(last)=>second.second&&last);location.href=new Box().open(shown)
"""
    assert shorten(source).decode() == (
        'import{el}from"./dom.js";const b=12;export const shown=b;\n'
        "class d extends el{#p0=b;count=1;open(j){return j.count+this.count}}\n"
        'function e({text:a,tone:k="grey",...h},history){let c;try{c=a}finally{h.made=history}\n'
        'return{text:a,tone:c?k:b,build(){return`${a} ${ {made:c}.made } text`},"made":/text/.test(a)}}\n'
        "for(const[f,i]of[])e(f,(g)=>i.second&&g);location.href=new d().open(shown)\n"
    )


def test_a_short_name_is_never_one_that_the_script_or_the_browser_has() -> None:
    assert shorten(b"const long=a+b+c;d(long)") == b"const e=a+b+c;d(e)"
    assert shorten(b"const name=1;use(name)") == b"const name=1;use(name)"
