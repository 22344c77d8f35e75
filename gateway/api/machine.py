"""The machine that the gateway runs on: processor, memory, disk and how long it lasts, clock. Blocks; for a thread."""

import contextlib
import ctypes
import os
import shutil
import threading
import time
from pathlib import Path
from typing import Any, ClassVar

STA_UNSYNC, STA_NANO = 0x0040, 0x2000  # <sys/timex.h>
DAYS = 7  # of history, that the forecast is made of


class MachineWatch:
    """Looks; the processor's share is of the time since the look before. Safe to be used from several threads."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._before = (time.monotonic(), time.process_time())
        self._cpu_share: float | None = None

    def look(self) -> dict[str, Any]:
        """What there is to say; `None` where the machine does not tell."""
        return {
            "cpu_share": self._cpu(),
            "cores": os.cpu_count() or 1,
            "load_1min": _load(),
            "memory_bytes": _status_bytes("VmRSS"),
            "machine_memory_bytes": _total_memory_bytes(),
            "disk": _disk(self._directory),
            "clock": clock_state(),
        }

    def _cpu(self) -> float | None:
        """Share of all cores that this process had; looks that come close together get the same answer."""
        with self._lock:
            now, used = time.monotonic(), time.process_time()
            elapsed = now - self._before[0]
            if elapsed >= 1.0:
                self._cpu_share = (used - self._before[1]) / elapsed / (os.cpu_count() or 1)
                self._before = (now, used)
            return self._cpu_share


def _load() -> float | None:
    with contextlib.suppress(OSError):
        return round(os.getloadavg()[0], 2)
    return None


def _status_bytes(name: str) -> int | None:
    return _kilobytes(Path("/proc/self/status"), name)


def _total_memory_bytes() -> int | None:
    return _kilobytes(Path("/proc/meminfo"), "MemTotal")


def _kilobytes(path: Path, name: str) -> int | None:
    """A line like `VmRSS:   104 kB` (proc(5)) in bytes."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in path.read_text("ascii", "replace").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return None


def _disk(directory: Path) -> dict[str, Any] | None:
    """Free and whole size, and in how many days the history fills it, by the files of its last days."""
    try:
        usage = shutil.disk_usage(directory)
    except OSError:
        return None
    daily = history_bytes_a_day(directory / "history")
    days = usage.free / daily if daily else None
    return {
        "free_bytes": usage.free,
        "bytes": usage.total,
        "history_bytes_a_day": daily,
        "full_in_days": None if days is None or days > 36_500 else round(days, 1),
    }


def history_bytes_a_day(folder: Path) -> int | None:
    """The mean size of the newest whole days; `None` before the first one is over."""
    sizes = []
    with contextlib.suppress(OSError):
        for path in sorted(folder.glob("????-??-??.duckdb"))[-DAYS - 1 : -1]:  # the newest is not over
            sizes.append(path.stat().st_size)
    return sum(sizes) // len(sizes) if sizes else None


class _Timex(ctypes.Structure):
    """struct timex of adjtimex(2), up to what is read; the kernel writes 208 bytes on 64-bit machines."""

    _fields_: ClassVar = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    ]


def clock_state() -> dict[str, Any]:
    """Whether something keeps the clock right, and how far off it was last; `None` where the kernel does not say."""
    buffer = _Timex()  # modes 0: only read, which needs no right
    try:
        result = ctypes.CDLL(None).adjtimex(ctypes.byref(buffer))
    except (OSError, AttributeError):
        result = -1
    if result < 0:
        return {"is_synchronised": None, "offset_ms": None}
    is_synchronised = not buffer.status & STA_UNSYNC
    offset_ms = buffer.offset / (1e6 if buffer.status & STA_NANO else 1e3)
    return {"is_synchronised": is_synchronised, "offset_ms": round(offset_ms, 3) if is_synchronised else None}
