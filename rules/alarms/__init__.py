"""Alarms: what the data says (condition machine), what people did (life cycle), and the engine that runs both."""
