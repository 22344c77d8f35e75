"""A simulated park that talks real Modbus TCP and real MQTT, for the demo and the tests: `python -m drivers.simulator`.

    days, noise ──▶ shapes ──▶ flow ──▶ electric, plants ──▶ park (which device is what, behind which line)
                                                              │
                    faults ──────────────────┬────────────────┤
                                             ▼                ▼
                               modbus_server (registers)   mqtt (broker and publisher)

Everything left of the servers is pure: a value is a function of the seed and of the time. Nothing is accumulated, so a
restarted simulator goes on with the same counters. Time on the wire is always the real one; `--speed` only makes the
park's days pass faster. It serves no gateway by itself: the gateway reads it like any other park.
"""
