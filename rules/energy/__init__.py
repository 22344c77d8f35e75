"""Counters to interval quantities that an auditor can follow: exact numbers, and for each what decided it.

    readings, events ─▶ levels (which reading follows which) ─▶ links ─▶ cutter (local intervals) ─▶ IntervalQuantity
                         drop, spike, roll-over, reset, exchange          boundary, gap, shares, hash

`account.recount` is the batch form, `account.MeterAccount` the streaming form with late data and versions. `day.pack`
keeps a day's intervals in few bytes without loss; `recut` works stored ones out again from their deciding readings:

    PackedDay ─▶ plain stretches ─▶ whole numbers ─▶ stretches      ─┐
              └▶ intervals ─▶ relink (links again) ─▶ cutter         ├─▶ another version of what changed

Every rounding rule: deploy/guide/energy-intervals.md.
"""
