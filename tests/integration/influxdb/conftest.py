"""Real servers on loopback."""

from tests.servers import influxd, victoria

__all__ = ["influxd", "victoria"]
