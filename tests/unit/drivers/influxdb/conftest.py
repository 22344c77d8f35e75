"""Makes the scripted server and the line parser importable as `tests.faults.influxdb.*`, however pytest was started."""

import sys
from pathlib import Path

ROOT = str(Path(__file__).parents[4])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)
