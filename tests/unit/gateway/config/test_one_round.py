"""With the real drivers: what can never work is an error at its place, and one slip of the pen hides nothing."""

from pathlib import Path

import pytest

from gateway.config import ConfigErrors, load
from gateway.config.nodes import Mapping, Scalar
from gateway.config.problems import Mark, Report
from gateway.config.respell import meant, respelt
from gateway.config.types import told_like
from gateway.plugins import DRIVERS

HERE = Mark("park.yaml", 1, 1)


def problems(folder: Path, text: str) -> list[str]:
    (folder / "park.yaml").write_text("site: {id: park}\nenterprises: [{id: acme}]\n" + text, encoding="utf-8")
    with pytest.raises(ConfigErrors) as caught:
        load(folder / "park.yaml", DRIVERS, {})
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def test_registers_beyond_the_last_one_are_an_error_at_their_point(tmp_path) -> None:
    text = """\
connections: {line: {driver: modbus, host: 10.0.0.1}}
devices:
  - id: m
    enterprise: acme
    kind: meter
    connection: line
    groups: {fast: 1 s}
    points:
      voltage: {address: 65534, type: float32}
      power:
        address: 65535
        type: float32
"""
    expected = "park.yaml:12:7: point `power`: 2 registers from address 65535 end at 65536, beyond 65535"
    assert problems(tmp_path, text) == [expected]


def test_a_misspelt_driver_hides_neither_its_options_nor_its_points(tmp_path) -> None:
    text = """\
connections: {line: {driver: modbuss, hst: "not a host!!", port: 70000}}
devices:
  - {id: m, enterprise: acme, kind: m, connection: line, groups: {fast: 1 s}, points: {p: {address: 1, group: fats}}}
"""
    assert [problem.split(": ", 1)[1][:28] for problem in problems(tmp_path, text)] == [
        "driver `modbuss` is not know",
        "unknown key `hst` (did you m",
        "not a host name, found `not ",
        "must be less than or equal t",
        "no poll group `fats` (did yo",
    ]


def test_an_unset_token_is_one_error(tmp_path) -> None:
    text = "sinks: {db: {driver: influxdb, url: http://h, bucket: b, token: '${INFLUX_TOKEN}'}}\n"
    (problem,) = problems(tmp_path, text)
    assert "environment variable `INFLUX_TOKEN` is not set" in problem


@pytest.mark.parametrize(
    ("text", "limit", "told"),
    [
        ("0 ms", 0.001, "1 ms"),
        ("0 s", 0.001, "1 ms"),
        ("1 ns", 0.001, "1 ms"),
        ("100 d", 60, "60 s"),
        ("1 h", 31 * 86_400.0, "744 h"),
        ("1 s", 600.0, "600 s"),
        ("1 GiB", 10 << 20, "10 MiB"),
        ("0 s", 0, "0 s"),
        ("70000", 65535, None),
    ],
)
def test_limits_are_told_as_quantities_are_written(text, limit, told) -> None:
    assert told_like(text, limit) == told


@pytest.mark.parametrize(
    ("word", "right"),
    [("modbuss", "modbus"), ("mqt", "mqtt"), ("opcua", None), ("line", None), ("line-l", None), ("", None)],
)
def test_only_one_near_word_is_meant(word, right) -> None:
    assert meant(word, ["modbus", "mqtt", "line-1", "line-2"]) == right


def test_a_misspelt_key_beside_the_right_one_stays() -> None:
    node = Mapping(HERE, {"host": Scalar("a", HERE), "hst": Scalar("b", HERE)}, {"host": HERE, "hst": HERE})
    report = Report()
    assert respelt(node, frozenset({"host"}), report) is node
    assert report.problems == {}
