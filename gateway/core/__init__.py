"""The shared words of the gateway: values, batches, devices, contracts, errors. Standard library only."""
