"""The auditor's walk of the guide, run: its files are written, its commands run in a shell, one after the other."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
GUIDE = ROOT / "deploy" / "guide" / "auditors-walk.md"
LEFT_OUT = "..."
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"
_OF_THE_RUN = (  # what no two runs have in common: times, and hashes and signatures over them
    (r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?![.+\d])", "TIME"),
    (r"[A-Za-z0-9+/]{40,}=+", "BASE64"),
    (r"(leaf|root) [0-9a-f]{64}", r"\1 HASH"),
    (r"park-gateway/[0-9a-f]{16}", "park-gateway/NAME"),
    (r"[ \t]+", " "),
)


@dataclass(frozen=True, slots=True)
class Step:
    """A command of the guide and what the guide says it prints."""

    command: str
    shown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command really printed, and its exit code."""

    step: Step
    command: str
    lines: tuple[str, ...]
    code: int


def files() -> dict[str, str]:
    """Files that the guide shows, by the name in their first line."""
    blocks = re.findall(r"^```(?:yaml|python)\n(# (\S+)\n.*?)^```", GUIDE.read_text(encoding="utf-8"), re.S | re.M)
    return {name: text for text, name in blocks}


def steps() -> list[Step]:
    """Every command of the guide in its order."""
    found: list[Step] = []
    for block in re.findall(r"^```console\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.S | re.M):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, *shown = part.splitlines()
            found.append(Step(command, tuple(shown)))
    return found


def run(folder: Path) -> Iterator[Ran]:
    """Run the guide in the demo's directory; ids that it shows are replaced by those that this run made."""
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")
    made: dict[str, str] = {}
    for step in steps():
        command = _with(made, step.command)
        done = shell(folder, command)
        made |= _ids(step.shown, done.stdout.splitlines())
        yield Ran(step, command, tuple(done.stdout.splitlines()), done.returncode)


def _with(made: dict[str, str], command: str) -> str:
    return re.sub(_UUID, lambda match: made.get(match[0], match[0]), command)


def shell(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """A command line with this environment's `park-gateway`; errors are printed among the rest."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**os.environ, "PATH": path, "PYTHONUTF8": "1", "COLUMNS": "200"}
    environment.pop("PARK_GATEWAY_CONFIG", None)
    return subprocess.run(
        ["sh", "-c", command],
        cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
        timeout=300, check=False,
    )  # fmt: skip


def plain(line: str) -> str:
    """A line without what only this run has."""
    text = re.sub(_UUID, "ID", line)
    for pattern, word in _OF_THE_RUN:
        text = re.sub(pattern, word, text)
    return text.rstrip()


def stale(ran: Ran) -> str:
    """The first line of the guide that was not printed where it stands; nothing where all were."""
    place, is_free = 0, False
    printed = [plain(line) for line in ran.lines]
    for shown in ran.step.shown:
        if shown.strip() == LEFT_OUT:
            is_free = True
            continue
        places = range(place, len(printed)) if is_free else range(place, min(place + 1, len(printed)))
        found = next((at for at in places if _is_line(plain(shown), printed[at])), None)
        if found is None:
            return shown
        place, is_free = found + 1, False
    return "" if is_free or place == len(printed) else f"(not shown) {ran.lines[place]}"


def _is_line(shown: str, printed: str) -> bool:
    """`...` within a line stands for anything."""
    return re.fullmatch(".*".join(map(re.escape, shown.split(LEFT_OUT))), printed) is not None


def _ids(shown: tuple[str, ...], printed: list[str]) -> dict[str, str]:
    """Ids of the guide with those that were printed instead, in the order in which they came."""
    one, other = (list(dict.fromkeys(re.findall(_UUID, "\n".join(lines)))) for lines in (shown, printed))
    return dict(zip(one, other, strict=False))
