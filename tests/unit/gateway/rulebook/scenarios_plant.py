"""Scenarios of the packs of plants, rooms and the gateway."""

from tests.unit.gateway.rulebook.pack_scene import Scenario, room

PLANT = {
    "nox": Scenario(
        "environment", "nox-high-high:dongyue-stack", {"dongyue-stack": {"nox": 30.0, "flue_flow": 900.0}},
        {"dongyue-stack": {"nox": 120.0, "flue_flow": 900.0}}, 200, 130, step_s=2,
        expected={"limit": 75.0, "unit": "mg/m³"},
    ),
    "analyser": Scenario(
        "environment", "analyser-fault:dongyue-stack", {"dongyue-stack": {"nox": 30.0, "flue_flow": 900.0}},
        {"dongyue-stack": {"nox": None, "flue_flow": 900.0}}, 910, 10, step_s=2,
    ),
    "cold room": Scenario(
        "cold-room", "cold-room-warm:lantian-cold-a", {"lantian-cold-a": room(-19.5)}, {"lantian-cold-a": room(-12.0)},
        620, 80, "{high: -15 °C, devices: [lantian-cold-a]}", expected={"value": -12.0, "limit": -15.0},
    ),
    "cold room above its set point": Scenario(
        "cold-room", "cold-room-off-setpoint:lantian-cold-a", {"lantian-cold-a": room(-19.5)},
        {"lantian-cold-a": room(-16.5)}, 620, 80, expected={"value": -16.5},
    ),
    "door": Scenario(
        "cold-room", "cold-room-door:lantian-cold-b", {"lantian-cold-b": room(-19.5)},
        {"lantian-cold-b": room(-19.5, door=True)}, 190, 10,
    ),
    "silent device": Scenario(
        "connectivity", "device-silent:dongyue-water", {"dongyue-water": {"volume": 5.0, "flow": 1.0}},
        {"dongyue-water": None}, 110, 30, step_s=10,
    ),
    "silent line": Scenario(
        "connectivity", "line-silent:line-2",
        {"gateway": {"devices_silent_line-2": 1, "devices_silent_percent_line-2": 10.0}},
        {"gateway": {"devices_silent_line-2": 9, "devices_silent_percent_line-2": 90.0}}, 60, 30, step_s=10,
    ),
    "waiting data": Scenario(
        "gateway-health", "outbox-waiting:qinghe", {"gateway": {"outbox_age_s": 5.0, "outbox_bytes": 500}},
        {"gateway": {"outbox_age_s": 4000.0, "outbox_bytes": 5000}}, 80, 20, step_s=10,
    ),
    "full disk": Scenario(
        "gateway-health", "disk-low:qinghe", {"gateway": {"disk_free_percent": 50.0}},
        {"gateway": {"disk_free_percent": 2.0}}, 80, 20, step_s=10,
    ),
    "hydrant": Scenario(
        "safety", "hydrant-pressure-low:boiler-house", {"boiler-house": {"hydrant_pressure": 4.0}},
        {"boiler-house": {"hydrant_pressure": 1.0}}, 40, 10, step_s=5,
        expected={"value": 1.0, "limit": 1.5, "unit": "bar"},
    ),
    "gas": Scenario(
        "safety", "gas-leak:boiler-house", {"boiler-house": {"gas_lel": 1.0}},
        {"boiler-house": {"gas_lel": 45.0}}, 10, 10,
    ),
    "smoke": Scenario(
        "safety", "smoke:boiler-house", {"boiler-house": {"smoke": False}}, {"boiler-house": {"smoke": True}}, 5, 5,
    ),
    "leak": Scenario(
        "safety", "leak-state:boiler-house", {"boiler-house": {"leak": 0}}, {"boiler-house": {"leak": 1}}, 10, 5,
    ),
    "a sink that fails": Scenario(
        "gateway-health", "sinks-failing:qinghe", {"gateway": {"sinks_failing": 0}},
        {"gateway": {"sinks_failing": 2}}, 320, 50, step_s=10, says="2 sinks take nothing",
    ),
    "a server that refuses": Scenario(
        "gateway-health", "samples-refused:qinghe", {"gateway": {"quarantined_rate": 0.0}},
        {"gateway": {"quarantined_rate": 12.0}}, 80, 700, step_s=10,
        says="12 samples a minute are refused",
    ),
    "lost samples": Scenario(
        "gateway-health", "samples-dropped:qinghe", {"gateway": {"dropped_rate": 0.0}},
        {"gateway": {"dropped_rate": 60.0}}, 80, 700, step_s=10, says="60 samples a minute are lost",
    ),
    "channels that do not deliver": Scenario(
        "gateway-health", "channels-failing:qinghe", {"gateway": {"channels_failing": 0}},
        {"gateway": {"channels_failing": 1}}, 320, 50, step_s=10, says="Channels that do not deliver: 1",
    ),
    "many silent devices": Scenario(
        "gateway-health", "devices-silent:qinghe", {"gateway": {"devices_silent": 1}},
        {"gateway": {"devices_silent": 6}}, 140, 50, step_s=10, says="6 devices do not answer",
    ),
    "wrong clock": Scenario(
        "gateway-health", "clock-off:qinghe", {"gateway": {"clock_offset_s": 0.1}},
        {"gateway": {"clock_offset_s": -30.0}}, 320, 20, step_s=10, says="Off by 30 s",
    ),
    "cold room of another kind": Scenario(
        "cold-room", "cold-room-temperature:other", {"other": {"temperature": -20.0}},
        {"other": {"temperature": -10.0}}, 640, 100, "{high: -15 °C}", step_s=20, says="-10 °C, limit -15 °C",
    ),
    "cold room too cold": Scenario(
        "cold-room", "cold-room-cold:lantian-cold-a", {"lantian-cold-a": room(-20.0)}, {"lantian-cold-a": room(-33.0)},
        620, 20, "{low: -30 °C}", says="-33 °C, limit -30 °C",
    ),
    "door of a cold room of another kind": Scenario(
        "cold-room", "cold-room-door-state:other", {"other": {"door": 0}}, {"other": {"door": 1}}, 200, 10, step_s=5,
        says="The door has stood open for 180 s", expected={"limit": 180.0, "unit": "s"},
    ),
    "service by the machine's own counter": Scenario(
        "maintenance", "service-due:antu-compressor-1", {"antu-compressor-1": {"running_hours": 13900.0}},
        {"antu-compressor-1": {"running_hours": 14100.0}}, 20, 20, "{serviced_at: 12000 h}", step_s=10,
        says="2100 h since the last service, limit 2000 h; the counter says 14100 h",
    ),
    "service by hours that are counted here": Scenario(
        "maintenance", "service-due-counted:lantian-cold-a", {"lantian-cold-a": room(-20.0) | {"compressor": False}},
        {"lantian-cold-a": room(-20.0)}, 800, 0, "{every: 0.2 h, runs: compressor, devices: [lantian-cold-a]}",
        step_s=10, says="0.2 h since the last service, limit 0.2 h",
    ),
    "so2 above the limit": Scenario(
        "environment", "so2-high:other", {"other": {"so2": 10.0}}, {"other": {"so2": 80.0}}, 100, 1600,
        step_s=10, expected={"limit": 50.0, "unit": "mg/m³"},
    ),
    "so2 without value": Scenario(
        "environment", "analyser-fault-so2:other", {"other": {"so2": 10.0}}, {"other": {"so2": None}}, 940, 60,
        step_s=30,
    ),
    "so2 stands still": Scenario(
        "environment", "analyser-stuck-so2:other",
        {"other": {"so2": lambda t: 10.0 + t % 60 / 60, "flue_flow": 500.0}},
        {"other": {"so2": 11.5, "flue_flow": 500.0}}, 3800, 60, settle_s=300, step_s=20,
        says="SO₂ has been 11.5 mg/m³ for a long time",
    ),
    "co above the limit": Scenario(
        "environment", "co-high:other", {"other": {"co": 10.0}}, {"other": {"co": 200.0}}, 100, 1600,
        "{co_limit: 100 mg/m³}", step_s=10, expected={"limit": 100.0, "unit": "mg/m³"},
    ),
    "co without value": Scenario(
        "environment", "analyser-fault-co:other", {"other": {"co": 10.0, "so2": 5.0}},
        {"other": {"co": None, "so2": 5.0}}, 940, 60,
        step_s=30,
    ),
    "co stands still": Scenario(
        "environment", "analyser-stuck-co:other",
        {"other": {"co": lambda t: 10.0 + t % 60 / 60, "flue_flow": 500.0}},
        {"other": {"co": 11.5, "flue_flow": 500.0}}, 3800, 60, settle_s=300, step_s=20,
        says="CO has been 11.5 mg/m³ for a long time",
    ),
    "dust above the limit": Scenario(
        "environment", "dust-high:other", {"other": {"dust": 10.0}}, {"other": {"dust": 60.0}}, 100, 1600,
        step_s=10, expected={"limit": 20.0, "unit": "mg/m³"},
    ),
    "dust without value": Scenario(
        "environment", "analyser-fault-dust:other", {"other": {"dust": 10.0}}, {"other": {"dust": None}}, 940, 60,
        step_s=30,
    ),
    "dust stands still": Scenario(
        "environment", "analyser-stuck-dust:other",
        {"other": {"dust": lambda t: 10.0 + t % 60 / 60, "flue_flow": 500.0}},
        {"other": {"dust": 11.5, "flue_flow": 500.0}}, 3800, 60, settle_s=300, step_s=20,
        says="Dust has been 11.5 mg/m³ for a long time",
    ),
    "particulates above the limit": Scenario(
        "environment", "particulates-high:other", {"other": {"particulates": 10.0}},
        {"other": {"particulates": 60.0}}, 100, 1600, step_s=10, expected={"limit": 20.0, "unit": "mg/m³"},
    ),
    "particulates without value": Scenario(
        "environment", "analyser-fault-particulates:other", {"other": {"particulates": 10.0}},
        {"other": {"particulates": None}}, 940, 60,
        step_s=30,
    ),
    "particulates stands still": Scenario(
        "environment", "analyser-stuck-particulates:other",
        {"other": {"particulates": lambda t: 10.0 + t % 60 / 60, "flue_flow": 500.0}},
        {"other": {"particulates": 11.5, "flue_flow": 500.0}}, 3800, 60, settle_s=300, step_s=20,
        says="Particulates have been 11.5 mg/m³ for a long time",
    ),
    "nox above the limit": Scenario(
        "environment", "nox-high:dongyue-stack", {"dongyue-stack": {"nox": 30.0}}, {"dongyue-stack": {"nox": 70.0}},
        60, 600, step_s=2, expected={"limit": 45.0, "unit": "mg/m³"},
    ),
    "nox stands still": Scenario(
        "environment", "analyser-stuck:dongyue-stack",
        {"dongyue-stack": {"nox": lambda t: 30.0 + t % 60 / 60, "flue_flow": 900.0}},
        {"dongyue-stack": {"nox": 30.5, "flue_flow": 900.0}}, 3800, 60, settle_s=300, step_s=4,
        says="NOx has been 30.5 mg/m³ for a long time",
    ),
    "bad gas detector": Scenario(
        "safety", "gas-detector-fault:boiler-house", {"boiler-house": {"gas_lel": 1.0}},
        {"boiler-house": {"gas_lel": None}}, 140, 10, step_s=10,
    ),
    "dead gas detector": Scenario(
        "safety", "gas-detector-fault:boiler-house", {"boiler-house": {"gas_lel": 1.0}}, {"boiler-house": None},
        320, 20, step_s=10,
    ),
    "gas detector that never said anything": Scenario(
        "safety", "gas-detector-fault:boiler-house", {"other": {"smoke": 0}}, {"other": {"smoke": 0}}, 400, 0,
        step_s=10,
    ),
    "bad smoke detector": Scenario(
        "safety", "smoke-detector-fault:boiler-house", {"boiler-house": {"smoke": False}},
        {"boiler-house": {"smoke": None}}, 140, 10, step_s=10,
    ),
    "dead smoke detector": Scenario(
        "safety", "smoke-detector-fault:other", {"other": {"smoke": 0}}, {"other": None}, 320, 20, step_s=10,
    ),
    "dead hydrant sensor": Scenario(
        "safety", "hydrant-sensor-fault:boiler-house", {"boiler-house": {"hydrant_pressure": 4.0}},
        {"boiler-house": None}, 320, 20, step_s=10,
    ),
    "smoke as a number": Scenario(
        "safety", "smoke-state:other", {"other": {"smoke": 0}}, {"other": {"smoke": 1}}, 5, 5,
    ),
    "leak as a switch": Scenario(
        "safety", "leak:other", {"other": {"leak": False}}, {"other": {"leak": True}}, 10, 5,
    ),
}  # fmt: skip
