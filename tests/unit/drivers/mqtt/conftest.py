"""Makes `tests.integration.mqtt.park` importable, whatever way pytest was started."""

import sys
from pathlib import Path

ROOT = str(Path(__file__).parents[4])
if ROOT not in sys.path:
    sys.path.insert(0, ROOT)
