"""Webhooks: notices posted as JSON, to a service of one's own or to an Alertmanager."""
