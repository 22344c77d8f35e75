"""The shipped dashboard asks only for what is there, and its columns are in the answers."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[4] / "deploy/grafana"
DASHBOARD = json.loads((ROOT / "dashboards/park.json").read_text(encoding="utf-8"))
ADDRESS = re.compile(r"`(/api/v1/[^`]+)`")
SAID = {
    "${points}": "grid.power_active",
    "${__from:date:iso}": "2026-11-22T00:00:00.000Z",
    "${__to:date:iso}": "2026-11-22T06:00:00.000Z",
    "${step}": "5m",
    "${entity}": "",
    "points=a,b": "points=grid.power_active",
    "from=...&to=...&": "",
    "TAG": "grid.power_active",
    "entity=ID": "entity=huali",
}


def address(text: str) -> str:
    for macro, value in SAID.items():
        text = text.replace(macro, value)
    assert "$" not in text
    return text


def targets() -> list[dict[str, Any]]:
    return [target for panel in DASHBOARD["panels"] for target in panel["targets"]]


async def test_every_address_of_the_dashboard_answers_with_its_columns(park: Any) -> None:
    for device in ("grid", "dongyue-main"):
        park.feed(device, 12.5, 1.0)
    for target in targets():
        answer = await park.http.get(address(target["url"]))
        assert answer.status_code == 200, (target["url"], answer.text)
        found = answer.json()
        rows = found[target["root_selector"]] if target["root_selector"] else found
        for row in rows[:1] if isinstance(rows, list) else [rows]:
            for column in target["columns"]:
                value = row
                for part in column["selector"].split("."):
                    value = value[part]


async def test_every_address_of_the_guide_answers(park: Any) -> None:
    guide = (ROOT.parent / "guide/grafana.md").read_text(encoding="utf-8")
    addresses = ADDRESS.findall(guide)
    assert len(addresses) > 5
    for text in addresses:
        answer = await park.http.get(address(text))
        assert answer.status_code == 200, (text, answer.text)


def test_panels_use_the_provisioned_source_and_do_not_lie_over_each_other() -> None:
    (source,) = yaml.safe_load((ROOT / "provisioning/datasources/park.yaml").read_text(encoding="utf-8"))["datasources"]
    assert {target["datasource"]["uid"] for target in targets()} == {source["uid"]}
    cells: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        own = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not own & cells
        assert place["x"] + place["w"] <= 24
        cells |= own
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
