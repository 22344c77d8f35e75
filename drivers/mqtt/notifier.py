"""The MQTT channel: notices published to a broker as the gateway's own JSON."""

from pathlib import Path
from typing import cast

from drivers.mqtt.config import ChannelOptions
from drivers.mqtt.notices import level, messages
from drivers.mqtt.publish import Publisher
from gateway.config.plan import ChannelPlan
from gateway.core.clock import Clock
from gateway.core.notice import Notice, Notifier


def build(plan: ChannelPlan, directory: Path, clock: Clock) -> Notifier:
    """The channel of a plan; keeps no files in `directory`."""
    return MqttNotifier(plan)


class MqttNotifier:
    """One broker. Payloads hold texts in both languages, whatever the channel's is."""

    rate = (600, 60.0)  # no provider stands behind it; a broker takes more

    def __init__(self, plan: ChannelPlan) -> None:
        options = cast("ChannelOptions", plan.options)
        self.name = plan.name
        self._options = options
        self._publisher = Publisher(options)

    async def notify(self, notice: Notice) -> str:
        """Publish the notice at QoS 1; returns how many messages were acknowledged. Raises `Unavailable` or
        `Rejected`."""
        options = self._options
        client_id = options.client_id or f"park-gateway-{level(notice.site)}-notify-{self.name}"
        return await self._publisher.publish(messages(notice, options.topic, options.max_payload), client_id)

    async def close(self) -> None:
        """Let go of connections."""
        await self._publisher.close()
