"""Connectivity: how much of what should have come has come, why not, and for how long.

- Expected: one sample of every point in each of its intervals that is over, while the gateway ran. Devices that publish
  by themselves (MQTT) are expected as often as their `expect` says; what has no interval at all counts by time, one
  sample a minute, and is received while nothing stands against it.
- Received: samples that came in time, good (uncertain included) or bad (the device sent no value). What comes more
  often than configured counts once; what comes late (backfilled) does not count.
- Missing: expected - received, by the reason that held meanwhile. Rate: good / expected.
- While the gateway did not run nothing is expected; that time is kept apart.

expected = received + missing holds for every point, device, hour, day, enterprise and the park: all are sums of counts.
"""
