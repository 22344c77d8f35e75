"""A disk that stops answering does not keep the gateway from ending."""

import asyncio
import signal
import subprocess
import sys
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


def told(process: "subprocess.Popen[str]", last_words: str) -> None:
    """Wait for this line of the process."""
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if line.startswith(last_words):
            return
    pytest.fail(f"it ended: {said}")


@pytest.mark.parametrize(("operation", "last_words"), [("close", "page:"), ("open", "hangs")])
async def test_sigterm_ends_the_process_within_ten_seconds_even_when_the_disk_hangs(
    tmp_path: Path, operation: str, last_words: str
) -> None:
    config = tmp_path / "park.yaml"
    config.write_text("site: {id: park}\nenterprises: [{id: a}]\nstore: {directory: data}\napi: {port: 0}\n")
    command = [sys.executable, "-c", HANGING, str(config), operation]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    await asyncio.to_thread(told, process, last_words)
    loop = asyncio.get_running_loop()
    asked = loop.time()
    process.send_signal(signal.SIGTERM)
    _, said = await asyncio.to_thread(process.communicate, timeout=60)
    assert loop.time() - asked < 10
    assert process.returncode == 1
    assert "not stopped within 9 s" in said
