"""MQTT: the source that subscribes (paho-mqtt on the asyncio loop, acknowledging after the durable write)."""
