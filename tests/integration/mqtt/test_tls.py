"""TLS between the gateway and a broker."""

import asyncio
import contextlib
import subprocess
from pathlib import Path

import pytest

from drivers.mqtt.source import MqttSource
from gateway.core.clock import SystemClock
from gateway.core.errors import Unavailable
from tests.contract.source_suite import until
from tests.integration.mqtt.park import Ledger, Mosquitto, Publisher, free_port, plan


def certificate(directory: Path, name: str) -> Path:
    """A self-signed certificate for 127.0.0.1, its own authority; the key lies beside it."""
    cert, key = directory / f"{name}.pem", directory / f"{name}.key"
    request = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subject = ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"]
    subprocess.run([*request, *subject, "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert


def tls_broker(directory: Path, cert: Path) -> tuple[Mosquitto, int]:
    """A broker with a plain listener for the devices and a TLS one, which asks for a certificate, for the gateway."""
    port = free_port()
    lines = [f"listener {port} 127.0.0.1", f"certfile {cert}", f"keyfile {cert.with_suffix('.key')}"]
    persistence = ("autosave_on_changes false", "autosave_interval 3600")  # it would save megabytes at every change
    return Mosquitto(directory, *lines, f"cafile {cert}", "require_certificate true", *persistence), port


async def test_messages_come_through_tls_with_a_certificate_of_our_own(tmp_path: Path) -> None:
    cert = certificate(tmp_path, "broker")
    broker, port = tls_broker(tmp_path, cert)
    own = {"ca": cert, "cert": cert, "key": cert.with_suffix(".key")}
    with broker, Publisher(broker.port) as devices:
        source, intake = MqttSource(plan(port=port, tls=own), SystemClock()), Ledger()
        task = asyncio.create_task(source.run(intake))
        await until(lambda: source.counts["connects"] or task.done())
        sent = [{"power": float(number), "filler": "x" * (number % 50 * 400)} for number in range(1000)]
        await asyncio.to_thread(devices.send_all, sent)
        while source.counts["acknowledged"] < 1000:
            assert not task.done()
            intake.commit(source)
            await asyncio.sleep(0.005)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    assert intake.values() == [float(number) for number in range(1000)]


async def test_a_broker_of_an_unknown_authority_is_refused(tmp_path: Path) -> None:
    broker, port = tls_broker(tmp_path, certificate(tmp_path, "broker"))
    with broker:
        source = MqttSource(plan(port=port, tls={"ca": certificate(tmp_path, "other")}), SystemClock())
        with pytest.raises(Unavailable, match="authority that signed"):
            await source.run(Ledger())


async def test_a_broker_that_wants_a_certificate_gets_a_clear_word(tmp_path: Path) -> None:
    cert = certificate(tmp_path, "broker")
    broker, port = tls_broker(tmp_path, cert)
    with broker:
        source = MqttSource(plan(port=port, tls={"ca": cert}), SystemClock())
        with pytest.raises(Unavailable, match=f"127.0.0.1:{port}"):
            await source.run(Ledger())


async def test_tls_on_a_plain_port_is_named(broker: Mosquitto, tmp_path: Path) -> None:
    source = MqttSource(plan(port=broker.port, tls={"ca": certificate(tmp_path, "x")}), SystemClock(), timeout_s=1.0)
    with pytest.raises(Unavailable, match="no connection"):
        await source.run(Ledger())


async def test_a_missing_file_is_named(broker: Mosquitto, tmp_path: Path) -> None:
    source = MqttSource(plan(port=broker.port, tls={"ca": tmp_path / "absent.pem"}), SystemClock())
    with pytest.raises(Unavailable, match="check the files under `tls`"):
        await source.run(Ledger())
