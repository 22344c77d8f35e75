"""The memory of an evaluation, and what reads it."""

from collections.abc import Callable
from typing import Any

Memory = list[Any]  # inputs, steady time, UTC, organs: see plan.py
Closure = Callable[[Memory], Any]  # gives None for unknown
