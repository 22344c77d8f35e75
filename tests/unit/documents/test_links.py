"""Links inside the documents lead to a file and a heading that exist; each guide is found, each picture is small."""

import re
from pathlib import Path

import pytest

from tests.pictures.scenes import FIRST_START, SCENES
from tests.unit.documents.markdown import GUIDES, ROOT, anchors, documents, name_of, prose, read

PICTURES = ROOT / "deploy" / "pictures"
MOST_BYTES = 120 * 1024
LINK = re.compile(r"\]\(([^)\s]+)\)")


def links(path: Path) -> list[str]:
    """Targets in this repository, with what is behind their `#`."""
    return [target for target in LINK.findall(prose(read(path))) if "://" not in target and "mailto:" not in target]


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_every_link_leads_to_a_file_and_a_heading(path: Path) -> None:
    broken = []
    for target in links(path):
        file, _, anchor = target.partition("#")
        leads_to = path.parent / file if file else path
        if not leads_to.exists() or (anchor and anchor not in anchors(read(leads_to))):
            broken.append(target)
    assert broken == []


def test_anchors_are_written_as_github_writes_them() -> None:
    text = "# Who *may*, and `when`?\n## Who may?\n## Who may?\n```\n# not a heading\n```\n### [A link](b.md) & more\n"
    assert anchors(text) == {"who-may-and-when", "who-may", "who-may-1", "a-link--more"}


def test_every_guide_is_found_from_the_list_of_guides() -> None:
    linked = {(GUIDES / link.partition("#")[0]).resolve() for link in links(GUIDES / "README.md")}
    assert {path for path in GUIDES.glob("*.md") if path.name != "README.md"} <= linked


def test_every_picture_has_its_scene_and_is_small_there_in_both_languages_and_shown() -> None:
    pictures = {path.name for path in PICTURES.glob("*.png")}
    shown = {Path(target).name for path in documents() for target in links(path) if target.endswith(".png")}
    english = {name for name in pictures if name.endswith(".en.png")}
    assert english == {f"{scene.name}.en.png" for scene in (FIRST_START, *SCENES)}
    assert pictures - english == {name.replace(".en.", ".zh.") for name in english}
    assert english <= shown
    assert {path.name for path in PICTURES.glob("*.png") if path.stat().st_size > MOST_BYTES} == set()
