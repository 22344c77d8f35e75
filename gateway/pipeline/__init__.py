"""The way of a batch through the gateway: normalise, snapshot, observers, deadband, outbox, forward."""
