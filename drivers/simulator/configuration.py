"""The demo's `park.yaml` on other ports: where the usual ones are taken, or two demos run side by side."""

import re

from drivers.simulator.park import LINES

MODBUS_BASE, MQTT_PORT, API_PORT = 15020, 18830, 8080
"""The ports that `drivers/simulator/demo/park.yaml` is written with."""


def with_ports(
    text: str, *, modbus_base: int = MODBUS_BASE, mqtt_port: int = MQTT_PORT, api_port: int = API_PORT
) -> str:
    """The text of `park.yaml` with its ports exchanged and everything else, comments included, as it was."""
    ports = {MODBUS_BASE + line: modbus_base + line for line in range(LINES)}
    ports |= {MQTT_PORT: mqtt_port, API_PORT: api_port}
    return re.sub(r"(?<=\bport: )\d+\b", lambda found: str(ports.get(int(found[0]), found[0])), text)
