"""`api:` - who can reach the page, and with which certificate."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.config.apimodels import ApiModel
from gateway.identity import certificate as certificates
from gateway.pipeline.configuration import load_configuration

DAY_NS = 86_400 * 10**9


@pytest.mark.parametrize(
    ("written", "has_tls"),
    [
        ({}, False),
        ({"host": "localhost"}, False),
        ({"host": "::1"}, False),
        ({"host": "127.0.0.9", "tls": "on"}, True),
        ({"certificate": "a", "key": "b"}, True),
        ({"host": "0.0.0.0"}, True),
        ({"host": "::"}, True),
        ({"host": "192.0.2.5"}, True),
        ({"host": "gateway.example"}, True),
        ({"host": "192.0.2.5", "tls": "off"}, False),
    ],
)
def test_whoever_can_be_reached_by_others_has_tls_unless_somebody_says_off(written: dict, has_tls: bool) -> None:
    assert ApiModel.model_validate(written).has_tls is has_tls


def own_files(folder: Path, now_ns: int, name: str = "own") -> None:
    made = certificates.make(["gateway.example"], now_ns)
    cut = made.index(b"-----BEGIN CERTIFICATE")
    (folder / f"{name}.key").write_bytes(made[:cut])
    (folder / f"{name}.crt").write_bytes(made[cut:])


def api(certificate: str = "own.crt", key: str = "own.key") -> str:
    return f"site: {{id: park}}\napi: {{host: 192.0.2.5, certificate: {certificate}, key: {key}}}"


def test_an_own_certificate_is_read_from_files_beside_the_configuration_or_from_systemd(load_text, tmp_path) -> None:
    own_files(tmp_path, 0)
    (tmp_path / "credentials").mkdir()
    (tmp_path / "own.key").rename(tmp_path / "credentials" / "tls.key")
    environment = {"CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}
    plan = load_text(api(key="credential:tls.key"), environment).plan.api
    assert plan.has_tls
    assert plan.own.certificate == tmp_path / "own.crt"
    assert plan.own.key == tmp_path / "credentials" / "tls.key"


def test_a_key_of_another_certificate_is_an_error_at_its_place(refuse_text, tmp_path) -> None:
    own_files(tmp_path, 0)
    own_files(tmp_path, 0, "other")
    (problem,) = refuse_text(api(key="other.key"))
    assert problem.startswith("park.yaml:2:37: certificate `")
    assert "the key belongs to another certificate" in problem


@pytest.mark.parametrize(
    "content", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_files_that_are_no_certificate_are_an_error(refuse_text, tmp_path, content) -> None:
    own_files(tmp_path, 0)
    (tmp_path / "own.crt").write_bytes(content)
    (problem,) = refuse_text(api())
    assert "not a certificate with its key" in problem


def test_a_key_with_a_password_is_an_error_and_nobody_is_asked_for_it(refuse_text, tmp_path) -> None:
    own_files(tmp_path, 0)
    command = ["openssl", "pkcs8", "-topk8", "-in", "own.key", "-out", "locked.key", "-passout", "pass:x"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=20)
    (problem,) = refuse_text(api(key="locked.key"))
    assert "the key has a password" in problem


@pytest.mark.parametrize(("left_days", "said"), [(400, None), (10, "ends in 9 days"), (-2, "has ended")])
def test_an_own_certificate_that_ends_is_a_finding_with_its_place(tmp_path, left_days, said) -> None:
    now_ns = int(datetime.now(UTC).timestamp()) * 10**9
    own_files(tmp_path, now_ns + (left_days - 825) * DAY_NS + DAY_NS // 2)
    (tmp_path / "park.yaml").write_text(api(), encoding="utf-8")
    found = [str(one) for one in load_configuration(tmp_path / "park.yaml").findings]
    assert len(found) == (0 if said is None else 1)
    assert said is None or (said in found[0] and f"{tmp_path}/park.yaml:2:37: " in found[0])


@pytest.mark.parametrize("library", ["authlib", "joserfc"])
def test_log_in_at_a_provider_without_its_library_is_an_error_that_says_what_to_install(
    refuse_text, load_text, monkeypatch, library
) -> None:
    written = "site: {id: park}\napi: {oidc: {issuer: 'https://login.example', client_id: park, roles: {a: viewer}}}"
    assert load_text(written).plan.api.oidc is not None
    monkeypatch.setitem(sys.modules, library, None)
    (problem,) = refuse_text(written)
    assert problem.startswith("park.yaml:2:13: `api: oidc` needs a library that is not installed")
    assert 'pip install "park-gateway[oidc]"' in problem
