"""The way of a batch through the gateway: normalise, snapshot, watch (rules, connectivity), deadband, outbox, forward."""
