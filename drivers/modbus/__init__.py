"""Modbus: block reads over TCP (own framing) and over serial lines, ASCII and UDP (pymodbus behind one file).

    schedule ──tick──▶ endpoint (one per connection: queue, back-off per unit, learned plan)
                          │ one request at a time
                          ▼
                        line: tcp.py (own framing) | client.py (pymodbus)
                          │ answer
                          ▼
                        decode ──Batch──▶ Intake

Pure modules: `plan` (which registers go into one read), `decode` (bytes to values), `framer` (a byte stream to frames),
`request` (one read as bytes), `unit` (back-off). `config` is what the user writes.
"""
