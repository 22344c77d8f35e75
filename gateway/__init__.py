"""park-gateway: one process on an edge box in an industrial park.

            drivers/                     gateway/pipeline/                         gateway/store/        drivers/
  Modbus ──┐                     ┌─ snapshot ── latest value, age, quality ──── api (SSE, REST, page)
  MQTT   ──┤   Batch    normalise├─ watch ── rules.alarms, rules.connectivity ── journal ── notifiers
           ├──────────▶ scale,   ├─ counters ────────────────────────────┐
           │            quality  └─ deadband ────────────────────────▶ outbox ── forward ─▶ influxdb | history
  simulator┘ (a process of its own, seen over sockets only)             └── energy ─▶ ledger.db ─▶ accounts ─▶ reports

Everything to the left of `Batch` knows a protocol and nothing of the park. Everything to the right of the outbox
knows a server and nothing of a device. Imports point one way only (import-linter checks it):
cli > api > web > pipeline | trial > reports > rulebook | accounts | identity | backup > carbon | chinese >
plugins > drivers | store > rules > config > core.
"""

__version__ = "0.1.0"
