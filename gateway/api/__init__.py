"""The HTTP side: FastAPI over the gateway's snapshot, history and delivery accounts. Every route states its permission."""
