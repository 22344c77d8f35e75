"""The HTTP side: FastAPI over snapshot, history and delivery accounts. Every route states its permission."""
