"""A fresh install has no password that somebody else has too: nothing shipped holds one, two installs share none."""

import asyncio
import re
from pathlib import Path

from gateway.api.certificates import CertificateKeeper
from gateway.config import load
from gateway.config.plan import ApiPlan, ParkPlan
from gateway.core.clock import SystemClock
from gateway.identity.accounts import AccountWanted
from gateway.identity.roles import Role
from gateway.pipeline.engine import Gateway
from gateway.plugins import known_drivers

ROOT = Path(__file__).parents[3]
SHIPPED = ("deploy", "drivers", "gateway", "rules", "README.md", "Makefile", "pyproject.toml")
DATA = {".yaml", ".yml", ".conf", ".service", ".acl", ".sh", ".env", ".example", ".csv", ".toml", ".cfg", ""}
_NAMED = re.compile(
    r"""(?:password|passwd|passphrase|secret|token|api_?key)["']?\s*[:=]\s*["']?([^\s"',}#]+)""", re.IGNORECASE
)
_REFERENCE = re.compile(r"\$\{|\$\$|\$[A-Z_]|file:|credential:|\*\*\*|[<{]|none|null|/|\\")
_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----\n|\bpg_[A-Za-z0-9]{6,}_[A-Za-z0-9_-]{20,}|\$argon2id\$v=\d+\$m=\d{5}"
)


def shipped() -> list[Path]:
    found = [
        path for name in SHIPPED for path in ([ROOT / name] if (ROOT / name).is_file() else (ROOT / name).rglob("*"))
    ]
    return [path for path in found if path.is_file() and "__pycache__" not in path.parts]


def test_no_shipped_file_holds_a_key_or_the_hash_of_a_password() -> None:
    files = [path for path in shipped() if path.suffix not in (".png", ".gz", ".woff2")]
    assert len(files) > 300
    found = [str(path.relative_to(ROOT)) for path in files if _KEY.search(path.read_text("utf-8", "replace"))]
    assert found == []


def test_no_shipped_configuration_holds_a_password() -> None:
    files = [path for path in shipped() if path.suffix in DATA]
    assert any(path.name == "park.yaml" for path in files)
    found = [
        f"{path.relative_to(ROOT)}: {hit[0]}"
        for path in files
        for hit in _NAMED.finditer(path.read_text("utf-8", "replace"))
        if not _REFERENCE.match(hit[1])
    ]
    assert found == []


def test_the_examples_secrets_are_no_secrets() -> None:
    texts = [path.read_text("utf-8") for path in (ROOT / "deploy" / "examples" / "secrets").iterdir()]
    assert texts
    assert all(re.search("change-me|not-a-secret|00000000-0000", text) for text in texts)


async def fresh_install(folder: Path) -> dict[str, bytes | str]:
    """Everything that is secret, or says which installation this is, after a first start."""
    plan = await asyncio.to_thread(_plan, folder)
    gateway = await Gateway.open(plan)
    try:
        found: dict[str, bytes | str] = {
            "installation": gateway.installation_id,
            "setup code": gateway.identities.setup_code.text or "",
        }
        accounts = gateway.identities.accounts
        account = await accounts.add(AccountWanted("anna", Role.ADMINISTRATOR))
        assert account.password == ""
        found["link"] = (await accounts.link("anna"))[0]
        await CertificateKeeper.open(
            ApiPlan("0.0.0.0", 0, folder / "s", has_tls=True), plan.store.directory, SystemClock(), lambda _: None
        )
        for name in ("ledger.key", "tls.pem"):
            found[name] = await asyncio.to_thread((plan.store.directory / name).read_bytes)
    finally:
        await gateway.close()
    return found


def _plan(folder: Path) -> ParkPlan:
    folder.mkdir()
    (folder / "park.yaml").write_text("site: {id: park}\nstore: {directory: data}\n")
    return load(folder / "park.yaml", known_drivers()).plan


async def test_two_fresh_installs_share_no_secret(tmp_path: Path) -> None:
    first, second = [await fresh_install(tmp_path / name) for name in ("first", "second")]
    assert all(first.values())
    assert {name for name in first if first[name] == second[name]} == set()


async def test_a_fresh_install_lets_nobody_in(tmp_path: Path) -> None:
    gateway = await Gateway.open(await asyncio.to_thread(_plan, tmp_path / "park"))
    try:
        assert gateway.identities.directory.accounts == {}
        assert not gateway.identities.is_set_up
    finally:
        await gateway.close()
