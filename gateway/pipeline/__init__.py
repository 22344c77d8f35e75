"""The way of a batch: normalise, snapshot, watch (rules, connectivity), deadband, outbox, forward."""
