"""Scenarios of the packs electrical, demand and metering."""

from tests.unit.gateway.rulebook.pack_scene import Scenario, meter, power

MAINS = (
    "park-common dongyue-main jinbo-main ruihe-main lantian-main xinchen-main antu-main mingde-main qingyuan-main "
    "huali-main weike-main baishan-main tongda-main"
)
SUBS = "jinbo-furnace-1 jinbo-furnace-2 jinbo-sand"
SUPPLY_OF_PARK = power("park-tx1 park-tx2", 400.0) | power("park-pv1 park-pv2", 250.0)

SUPPLY = {
    "overload": Scenario(
        "electrical", "overload:park-tx1", {"park-tx1": meter(power_active=700.0)},
        {"park-tx1": meter(power_active=950.0)},
        70, 20, "{rated_power: 1000 kW, role: grid}", expected={"value": 950.0, "limit": 900.0, "unit": "kW"},
    ),
    "phase loss": Scenario(
        "electrical", "phase-loss:dongyue-main", {"dongyue-main": meter()},
        {"dongyue-main": meter(voltage_l2=20.0)}, 5, 5,
    ),
    "under-voltage": Scenario(
        "electrical", "under-voltage:huali-main", {"huali-main": meter()},
        {"huali-main": meter(voltage_l3=200.0)}, 65, 65,
        expected={"value": 200.0, "limit": 207.0},
    ),
    "voltage unbalance": Scenario(
        "electrical", "voltage-unbalance:huali-main", {"huali-main": meter()}, {"huali-main": meter(voltage_l3=218.0)},
        610, 70,
    ),
    "frequency": Scenario(
        "electrical", "frequency-off:park-tx2", {"park-tx2": meter()}, {"park-tx2": meter(frequency=49.2)}, 15, 35,
    ),
    "power factor": Scenario(
        "electrical", "power-factor-low:antu-main", {"antu-main": meter(power_active=200.0)},
        {"antu-main": meter(power_active=200.0, power_factor=0.7)}, 910, 310,
    ),
    "demand": Scenario(
        "demand", "demand-forecast:qinghe",
        {"park-tx1": meter(power_active=1000.0), "park-tx2": meter(power_active=1000.0)},
        {"park-tx1": meter(power_active=4000.0), "park-tx2": meter(power_active=4000.0)}, 400, 900, "{limit: 5700 kW}",
    ),
    "stuck counter": Scenario(
        "metering", "counter-stuck:jinbo-main",
        {"jinbo-main": meter(power_active=40.0, energy_import=lambda t: 1000.0 + 40.0 * t / 3600)},
        {"jinbo-main": meter(power_active=40.0, energy_import=2000.0)}, 4000, 400, settle_s=60, step_s=2,
    ),
    "reverse power": Scenario(
        "metering", "reverse-power:huali-drying", {"huali-drying": meter()},
        {"huali-drying": meter(power_active=-20.0)},
        310, 70,
    ),
    "counter went back": Scenario(
        "metering", "counter-back:antu-press", {"antu-press": meter(energy_import=lambda t: 1000.0 + t)},
        {"antu-press": meter(energy_import=lambda t: 5.0 + t)}, 5, 620,
    ),
    "overcurrent": Scenario(
        "electrical", "overcurrent:park-tx1", {"park-tx1": meter()}, {"park-tx1": meter(current_l2=1200.0)}, 40, 20,
        "{rated_current: 1000 A, role: grid}", says="Highest phase 1200 A, limit 1000 A",
    ),
    "over-voltage": Scenario(
        "electrical", "over-voltage:huali-main", {"huali-main": meter()}, {"huali-main": meter(voltage_l1=250.0)},
        70, 70, says="Highest phase 250 V, limit 246.1 V",
    ),
    "current unbalance": Scenario(
        "electrical", "current-unbalance:huali-main", {"huali-main": meter()},
        {"huali-main": meter(current_l1=110.0, current_l2=20.0)}, 920, 70, step_s=2,
        says="Unbalance 83.33 %, limit 30 %",
    ),
    "harmonics of the current, the highest of three phases": Scenario(
        "electrical", "thd-current-high:other",
        {"other": {"thd_current_l1": 8.0, "thd_current_l2": 9.0, "thd_current_l3": 7.0}},
        {"other": {"thd_current_l1": 8.0, "thd_current_l2": 25.0, "thd_current_l3": 7.0}}, 960, 400, step_s=30,
        says="Highest phase: THD 25 %, limit 20 %",
    ),
    "harmonics of the current of the one phase that is measured": Scenario(
        "electrical", "thd-current-high:dongyue-main", {"dongyue-main": {"thd_current_l1": 8.0}},
        {"dongyue-main": {"thd_current_l1": 21.0}}, 960, 400, step_s=10, says="Highest phase: THD 21 %, limit 20 %",
    ),
    "harmonics of the voltage, of two phases": Scenario(
        "electrical", "thd-voltage-high:other", {"other": {"thd_voltage_l1": 2.0, "thd_voltage_l3": 2.0}},
        {"other": {"thd_voltage_l1": 2.0, "thd_voltage_l3": 6.5}}, 960, 400, step_s=30,
        says="Highest phase: THD 6.5 %, limit 5 %",
    ),
    "hot panel": Scenario(
        "electrical", "cabinet-hot:dongyue-stenter-1", {"dongyue-stenter-1": {"temperature_cabinet": 30.0}},
        {"dongyue-stenter-1": {"temperature_cabinet": 58.0}}, 140, 20, step_s=10,
        says="58 °C in the panel, limit 55 °C",
    ),
    "demand above the limit": Scenario(
        "demand", "demand-exceeded:qinghe", power("park-tx1 park-tx2", 1000.0), power("park-tx1 park-tx2", 4000.0),
        100, 1000, "{limit: 5700 kW}", expected={"limit": 5700.0, "unit": "kW"},
    ),
    "counter jumped": Scenario(
        "metering", "counter-jump:antu-press",
        {"antu-press": meter(power_active=30.0, energy_import=lambda t: 1000.0 + t / 120)},
        {"antu-press": meter(power_active=30.0, energy_import=lambda t: 9000.0 + t / 120)}, 5, 1600,
        says="The counter now says 9000.25 kWh, more than the power explains",
    ),
    "supply and main meters differ": Scenario(
        "metering", "park-loss:qinghe", SUPPLY_OF_PARK | power(MAINS, 100.0),
        SUPPLY_OF_PARK | power(MAINS, 100.0) | power("jinbo-main antu-main", 0.0), 2400, 1600, step_s=4,
        expected={"unit": "kW"},
    ),
    "sub meters show more than the main meter": Scenario(
        "metering", "sub-excess:jinbo", power("jinbo-main", 300.0) | power(SUBS, 100.0),
        power("jinbo-main", 300.0) | power(SUBS, 200.0), 2400, 2400, step_s=4,
        expected={"limit": 35.0, "unit": "kW", "enterprise": "jinbo", "device": None},
    ),
    "sub meters show less than the main meter": Scenario(
        "metering", "sub-loss:jinbo", power("jinbo-main", 300.0) | power(SUBS, 100.0),
        power("jinbo-main", 300.0) | power(SUBS, 50.0), 2400, 2400, "{sub_loss: 10 %}", step_s=4,
        expected={"limit": 50.0, "unit": "kW", "enterprise": "jinbo"},
    ),
    "more energy is lost between the meters than their accuracy explains": Scenario(
        "metering", "unexplained-loss:jinbo-main",
        {"jinbo-main": {"unexplained_percent": -5.5, "unexplained_limit_percent": 6.0}},
        {"jinbo-main": {"unexplained_percent": 6.5, "unexplained_limit_percent": 6.0}}, 3600, 3600, step_s=900,
        expected={"value": 6.5, "unit": "%", "device": "jinbo-main", "enterprise": "jinbo"},
        says="6.5 % of the last interval are not explained by the meters under this one, limit 6 %",
    ),
}  # fmt: skip
