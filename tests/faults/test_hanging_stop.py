"""A disk that stops answering does not keep the gateway from ending."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

HANGING = """
import os, sys, threading
from pathlib import Path
from gateway.cli.run import serve
from gateway.pipeline.configuration import load_configuration
from gateway.store.outbox_file import OutboxFile
import asyncio

def hang(self):  # the disk: never answers again
    print("hangs", file=sys.stderr, flush=True)
    threading.Event().wait()

setattr(OutboxFile, sys.argv[2], hang)
asyncio.run(serve(load_configuration(Path(sys.argv[1]))))
"""


@pytest.mark.parametrize(("operation", "last_words"), [("close", "page:"), ("open", "hangs")])
def test_sigterm_ends_the_process_within_ten_seconds_even_when_the_disk_hangs(
    tmp_path: Path, operation: str, last_words: str
) -> None:
    config = tmp_path / "park.yaml"
    config.write_text("site: {id: park}\nenterprises: [{id: a}]\nstore: {directory: data}\napi: {port: 0}\n")
    process = subprocess.Popen(
        [sys.executable, "-c", HANGING, str(config), operation],
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(last_words):
            break
    asked = time.monotonic()
    process.send_signal(signal.SIGTERM)
    said = process.communicate(timeout=20)[1]
    assert time.monotonic() - asked < 10
    assert process.returncode == 1
    assert "not stopped within 9 s" in said
