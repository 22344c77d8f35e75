"""Carbon: exact units, a catalogue of sourced factors, GWP sets, and one calculation with its working. Pure.

  description ─▶ select (catalogue, date, region, unit) ─▶ bridge (quantity to the factor's unit) ─▶ gases ─▶ Result

All arithmetic is in fractions: nothing is rounded before it is printed (`rules.carbon.numbers`). The catalogue's files
stand in `data/`; `gateway.carbon` reads them.
"""
