"""The register maps of the park's products, each in another typical encoding.

They resemble products on the market without being any of them. `demo/park.yaml` describes the same maps from the
gateway's side; a test compares the two.
"""

from dataclasses import replace

from drivers.simulator.registers import Layout, Register, Span, Table

HOLDING, INPUT, DISCRETE = Table.HOLDING, Table.INPUT, Table.DISCRETE
_NO_INT32, _NO_INT16 = 0x7FFF_FFFF, 0x7FFF
_PHASES = ("l1", "l2", "l3")


def _phases(name: str, first: Register) -> list[Register]:
    """Three 32-bit registers in a row, one a phase, all like the first one."""
    return [replace(first, point=f"{name}_{phase}", address=first.address + 2 * i) for i, phase in enumerate(_PHASES)]


INCOMER = Layout(  # 10 kV; integers with the most significant word first, energy as 64-bit watt-hours
    "demo-incomer",
    (
        *_phases("voltage", Register("", HOLDING, 0x5B00, "uint32", scale=0.1)),
        *_phases("current", Register("", HOLDING, 0x5B0C, "uint32", scale=0.01)),
        Register("power_active", HOLDING, 0x5B14, "int32", scale=0.001),
        Register("power_reactive", HOLDING, 0x5B1C, "int32", scale=0.001),
        Register("frequency", HOLDING, 0x5B2C, "uint16", scale=0.01),
        Register("power_factor", HOLDING, 0x5B3A, "int16", scale=0.001),
        Register("energy_import", HOLDING, 0x5000, "uint64", scale=0.001),
        Register("energy_export", HOLDING, 0x5004, "uint64", scale=0.001),
        Register("thd_current_l1", HOLDING, 0x5D00, "uint16", scale=0.1),
    ),
    (Span(HOLDING, 0x5000, 16), Span(HOLDING, 0x5B00, 64), Span(HOLDING, 0x5D00, 8)),
)

MAIN_METER = Layout(  # floats in kW, energy as 64-bit watt-hours
    "demo-main-meter",
    (
        *_phases("current", Register("", HOLDING, 2999, "float32")),
        *_phases("voltage", Register("", HOLDING, 3027, "float32")),
        Register("power_active", HOLDING, 3059, "float32"),
        Register("power_reactive", HOLDING, 3067, "float32"),
        Register("power_factor", HOLDING, 3083, "float32"),
        Register("frequency", HOLDING, 3109, "float32"),
        Register("energy_import", HOLDING, 3203, "int64", scale=0.001),
        Register("energy_export", HOLDING, 3207, "int64", scale=0.001),
        Register("thd_current_l1", HOLDING, 3299, "float32"),
    ),
    (Span(HOLDING, 2999, 120), Span(HOLDING, 3203, 16), Span(HOLDING, 3299, 6)),
)

PANEL_METER = Layout(  # floats in W and kWh, input registers
    "demo-panel-meter",
    (
        *_phases("voltage", Register("", INPUT, 0, "float32")),
        *_phases("current", Register("", INPUT, 6, "float32")),
        Register("power_active", INPUT, 52, "float32", scale=0.001),
        Register("power_reactive", INPUT, 60, "float32", scale=0.001),
        Register("power_factor", INPUT, 62, "float32"),
        Register("frequency", INPUT, 70, "float32"),
        Register("energy_import", INPUT, 72, "float32"),
        Register("energy_export", INPUT, 74, "float32"),
        Register("thd_current_l1", INPUT, 240, "float32"),
        Register("temperature_cabinet", INPUT, 250, "int16", scale=0.1),
    ),
    (Span(INPUT, 0, 80), Span(INPUT, 234, 24)),
)

RAIL_METER = Layout(  # scaled integers with the least significant word first
    "demo-rail-meter",
    (
        *_phases("voltage", Register("", INPUT, 0, "int32", "CDAB", 0.1)),
        *_phases("current", Register("", INPUT, 12, "int32", "CDAB", 0.001)),
        Register("power_active", INPUT, 40, "int32", "CDAB", 0.0001),
        Register("power_reactive", INPUT, 44, "int32", "CDAB", 0.0001),
        Register("power_factor", INPUT, 49, "int16", scale=0.001),
        Register("frequency", INPUT, 51, "int16", scale=0.1),
        Register("energy_import", INPUT, 52, "int32", "CDAB", 0.1),
        Register("energy_export", INPUT, 78, "int32", "CDAB", 0.1),
        Register("thd_current_l1", INPUT, 90, "uint16", scale=0.1),
    ),
    (Span(INPUT, 0, 96),),
)

INVERTER = Layout(  # all ones but the sign: no value, as at night
    "demo-inverter",
    (
        Register("state", INPUT, 5000, "uint16"),
        Register("temperature_inside", INPUT, 5008, "int16", scale=0.1, sentinel=_NO_INT16),
        Register("voltage_dc", INPUT, 5011, "int32", "CDAB", 0.1, _NO_INT32),
        Register("power_dc", INPUT, 5017, "int32", "CDAB", 0.001, _NO_INT32),
        *_phases("voltage", Register("", INPUT, 5019, "uint32", "CDAB", 0.1)),
        *_phases("current", Register("", INPUT, 5025, "uint32", "CDAB", 0.01)),
        Register("power_active", INPUT, 5031, "int32", "CDAB", 0.001, _NO_INT32),
        Register("power_reactive", INPUT, 5033, "int32", "CDAB", 0.001, _NO_INT32),
        Register("power_factor", INPUT, 5035, "int16", scale=0.001),
        Register("frequency", INPUT, 5036, "uint16", scale=0.01),
        Register("energy_import", INPUT, 5098, "uint32", "CDAB", 0.1),
    ),
    (Span(INPUT, 5000, 40), Span(INPUT, 5098, 4)),
)

COMPRESSOR = Layout(
    "demo-compressor",
    (
        Register("running", DISCRETE, 3, "bool"),
        Register("state", HOLDING, 100, "uint16"),
        Register("pressure", HOLDING, 101, "uint16", scale=0.01),
        Register("discharge_temperature", HOLDING, 102, "int16", scale=0.1),
        Register("load", HOLDING, 103, "uint16", scale=0.1),
        Register("running_hours", HOLDING, 110, "uint32", "CDAB", 0.1),
    ),
    (Span(DISCRETE, 0, 16), Span(HOLDING, 100, 16)),
)

GAS_METER = Layout(
    "demo-gas-meter",
    (
        Register("gas_flow", HOLDING, 10, "float32", "CDAB"),
        Register("gas_temperature", HOLDING, 12, "float32", "CDAB"),
        Register("gas_pressure", HOLDING, 14, "float32", "CDAB"),
        Register("steam_pressure", HOLDING, 16, "float32", "CDAB"),
        Register("gas_volume", HOLDING, 30, "uint32", "ABCD", 0.01),
    ),
    (Span(HOLDING, 10, 8), Span(HOLDING, 30, 2)),
)

STACK_ANALYSER = Layout(
    "demo-stack-analyser",
    (
        Register("co2", INPUT, 0, "float32"),
        Register("o2", INPUT, 2, "float32"),
        Register("nox", INPUT, 4, "float32"),
        Register("flue_temperature", INPUT, 6, "float32"),
        Register("flue_flow", INPUT, 8, "float32"),
    ),
    (Span(INPUT, 0, 10),),
)

WATER_METER = Layout(
    "demo-water-meter",
    (
        Register("volume", HOLDING, 0, "uint32", "DCBA", 0.001),
        Register("flow", HOLDING, 2, "uint32", "DCBA", 0.001),
    ),
    (Span(HOLDING, 0, 4),),
)

LAYOUTS = (
    INCOMER, MAIN_METER, PANEL_METER, RAIL_METER, INVERTER, COMPRESSOR, GAS_METER, STACK_ANALYSER, WATER_METER,
)  # fmt: skip
