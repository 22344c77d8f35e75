"""The forms that people fill in: which kind of record each becomes, and what it is called."""

from enum import StrEnum

from gateway.store.records import Kind


class Form(StrEnum):
    """What is submitted: the `kind` in requests, files and commands."""

    READING = "reading"  # of one meter, at one instant
    READINGS = "readings"  # past readings of meters: a table, one record
    METER_EVENT = "meter_event"  # exchange, reset
    CORRECTION = "correction"  # of one interval
    DELIVERY = "delivery"  # a delivery note of fuel
    STOCK_BALANCE = "stock_balance"  # of a tank: opening + deliveries - closing
    REFRIGERANT_BALANCE = "refrigerant_balance"
    INVOICE = "invoice"  # of electricity, gas, heat, fuel
    VEHICLE_FUEL = "vehicle_fuel"
    PROCESS = "process"
    HEAT = "heat"  # purchased heat, steam, cooling
    CEMS = "cems"  # masses of a month by continuous measurement
    CEMS_HOURS = "cems_hours"  # the same by hours: a table, which becomes one record of kind `cems`
    DENOMINATOR = "denominator"  # production, output value, area, employees
    INSTRUMENT = "instrument"
    ALLOCATION = "allocation"  # of an instrument to a source's electricity
    FACTOR = "factor"  # of one's own
    VOID = "void"  # a record that is taken back without a successor

    @property
    def kind(self) -> Kind:
        """The kind of record in the ledger. `void` takes that of the record which it voids."""
        return _KINDS.get(self, Kind.ACTIVITY)


_KINDS = {
    Form.READING: Kind.READING,
    Form.READINGS: Kind.READING,
    Form.METER_EVENT: Kind.METER_EVENT,
    Form.CORRECTION: Kind.CORRECTION,
    Form.DENOMINATOR: Kind.DENOMINATOR,
    Form.INSTRUMENT: Kind.INSTRUMENT,
    Form.ALLOCATION: Kind.ALLOCATION,
    Form.FACTOR: Kind.FACTOR,
}
SUBMITTED = (
    Kind.ACTIVITY, Kind.DENOMINATOR, Kind.READING, Kind.METER_EVENT, Kind.CORRECTION, Kind.INSTRUMENT, Kind.ALLOCATION,
    Kind.FACTOR,
)  # fmt: skip
"""Kinds of record that people submit and others approve."""

ACTIVITIES = (
    Form.DELIVERY, Form.STOCK_BALANCE, Form.REFRIGERANT_BALANCE, Form.INVOICE, Form.VEHICLE_FUEL, Form.PROCESS,
    Form.HEAT,
)  # fmt: skip
"""Forms that give a quantity of an emission source."""
