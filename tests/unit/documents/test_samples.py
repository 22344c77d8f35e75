"""Samples of YAML and JSON in the documents are read by the program: whole configurations, or parts of one."""

import json
import re
import time
from pathlib import Path

import pytest
import yaml

from gateway.config import load
from gateway.identity import certificate as certificates
from gateway.plugins import known_drivers
from tests.unit.documents.markdown import ROOT, blocks, documents, name_of, read

HAS_ITS_OWN_TEST = {  # what the sample does is tested there, not only that it is read
    "README.md",
    "deploy/guide/accounts-setup.md",
    "deploy/guide/auditors-walk.md",
    "deploy/guide/carbon-calc.md",
    "deploy/guide/energy-intervals.md",
    "deploy/guide/rules.md",
    "deploy/guide/tariffs.md",
}
PARK = json.loads(read(ROOT / "deploy/examples/park.schema.json"))["properties"]
FOREIGN = {"scrape_configs"}  # Prometheus reads that
BASE = {"site": "{id: qinghe, timezone: Asia/Shanghai}", "enterprises": "[{id: huali}]"}
SAMPLES = [
    pytest.param(path, block.text, id=f"{name_of(path)}-{number}")
    for path in documents()
    if name_of(path) not in HAS_ITS_OWN_TEST
    for number, block in enumerate(block for block in blocks(read(path)) if block.language == "yaml")
]


def is_part_of_a_park(keys: set[str]) -> bool:
    """True for what stands in park.yaml."""
    return keys <= PARK.keys()


def write_secrets(text: str, folder: Path) -> None:
    """The files that a sample names: a certificate with its key, or a secret."""
    own = certificates.make(["gateway.park.example"], time.time_ns())
    (folder / "secrets").mkdir()
    for name in re.findall(r"(?:file:|credential:|/etc/park-gateway/)((?:secrets/)?[\w-]+\.[\w.-]+)", text):
        (folder / name).write_bytes(own if Path(name).stem == "tls" else b"not-to-be-guessed")


@pytest.mark.parametrize(("path", "text"), SAMPLES)
def test_a_sample_is_read(path: Path, text: str, tmp_path: Path) -> None:
    found = yaml.safe_load(text)
    assert isinstance(found, dict), path
    if not is_part_of_a_park(found.keys()):
        assert found.keys() & {"kind", "driver", *FOREIGN}, f"of what is this a sample? {sorted(found)}"
        return
    write_secrets(text, tmp_path)
    text = text.replace("/etc/park-gateway", str(tmp_path))
    base = "".join(f"{key}: {value}\n" for key, value in BASE.items() if key not in found)
    (tmp_path / "park.yaml").write_text(base + text, encoding="utf-8")
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert load(tmp_path / "park.yaml", known_drivers(), environment).plan.site.id


def test_json_that_is_shown_is_json() -> None:
    for path in documents():
        for block in blocks(read(path)):
            if block.language == "json":
                json.loads(block.text)
