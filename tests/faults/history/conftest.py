"""Opens and closes histories."""

from tests.integration.history.conftest import clock, open_sink

__all__ = ["clock", "open_sink"]
