"""The demo's configuration describes exactly the simulated devices, and does so in ordinary terms."""

from pathlib import Path

import pytest

import gateway.plugins
from drivers.modbus.config import DeviceAddress, PointAddress
from drivers.simulator.configuration import with_ports
from drivers.simulator.park import ModbusDevice, Park
from gateway.config import load
