"""Whatever stands in a file, loading ends with a plan or with ConfigErrors whose places are in the files."""

import re
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.config import ConfigErrors, Problem, load, redacted
from gateway.config.files import SECTIONS as SECTION_NAMES

TEXTS = """
site id park enterprises acme connections line driver bus broker host port devices profile meter points power address
unit scale 1/1000 0.001 deadband 1 % 5 s groups fast sinks history none csv include store api 012 1e3 yes true null
${X} ${HOME} file:x credential:y -1 0x10 22:22 2^32 time _field words range modulus kind counter name en zh
"""
WORDS = st.sampled_from(TEXTS.split())
VALUES = st.recursive(
    st.one_of(WORDS, st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(WORDS, inner, max_size=5)),
    max_leaves=30,
)
SECTIONS = st.dictionaries(st.sampled_from(SECTION_NAMES), VALUES, max_size=9)


def flow(value: object) -> str:
    """A value as flow-style YAML; texts are left unquoted on purpose."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(child)}" for key, child in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return str(value)


def told(data: bytes, drivers: object, table: bytes | None = None) -> None:
    """Load the bytes; check the places of what is told about them, and that they can be shown."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "park.yaml"
        path.write_bytes(data)
        if table is not None:
            (Path(folder) / "m.csv").write_bytes(table)
        problems: list[Problem] = []
        try:
            load(path, drivers, {"HOME": "/root"})  # type: ignore[arg-type]
        except ConfigErrors as errors:
            problems = errors.problems or [Problem("nothing is wrong, and yet it was refused", 0, 0, "")]
        for problem in problems:
            lines = re.split("\r\n|\r|\n", Path(problem.file).read_bytes().decode("utf-8", "replace"))
            assert 1 <= problem.line <= len(lines)
            if problem.file.endswith(".yaml"):
                assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
        redacted(path, drivers)  # type: ignore[arg-type]


many = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@many
@given(text=st.text())
def test_any_text(drivers, text) -> None:
    told(text.encode("utf-8", "surrogatepass"), drivers)


@many
@given(data=st.binary())
def test_any_bytes(drivers, data) -> None:
    told(data, drivers)


@many
@given(text=st.text(alphabet="ab:-[]{}'\"#&*!|>%@`,? \n\t~0$"))
def test_any_text_of_yaml_s_own_characters(drivers, text) -> None:
    told(b"site: {id: p}\n" + text.encode(), drivers)


@many
@given(sections=SECTIONS)
def test_any_tree_of_known_words(drivers, sections) -> None:
    told("\n".join(f"{key}: {flow(value)}" for key, value in sections.items()).encode(), drivers)


@many
@given(point=st.dictionaries(WORDS, VALUES, max_size=6), device=st.dictionaries(WORDS, VALUES, max_size=6))
def test_any_point_of_any_device(drivers, point, device) -> None:
    head = b"site: {id: p}\nenterprises: [{id: acme}]\nconnections: {line: {driver: bus, host: h}}\n"
    device = {"id": "d", "enterprise": "acme", "kind": "meter", "connection": "line", **device}
    text = flow({**device, "groups": {"fast": "1 s"}, "points": {"power": {"address": "1", **point}}})
    told(head + f"devices: [{text}]".encode(), drivers)


@many
@given(table=st.one_of(st.binary(), st.text(alphabet='idenrpsco,;\t"\n .1').map(str.encode)))
def test_any_table(drivers, table) -> None:
    told(b"site: {id: p}\ndevices: {csv: m.csv}\n", drivers, table)
