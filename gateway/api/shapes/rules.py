"""The forms of rules and of notifications."""

from gateway.api.shapes.base import Name, Shape, TimeMs, Told


class RuleShape(Shape):
    """One rule and where it stands."""

    rule: str
    name: Name
    alarms: int
    active: int
    file: str
    line: int
    enabled: bool


class Rules(Told):
    """Every rule."""

    items: list[RuleShape]
    loaded_ms: TimeMs | None
    findings: list[str]
    """What works but should be looked at."""


class RulesRead(Told):
    """What reading the rules again has changed."""

    added: int
    changed: int
    removed: int
    kept: int
    findings: list[str]


class ChannelShape(Shape):
    """A channel of notifications."""

    name: str
    driver: str
    state: str
    error: str
    hint: str
    queued: int
    sent: int
    failed: int
    expired: int
    last_sent_ms: TimeMs | None
    last_answer: str


class MessageShape(Shape):
    """A message to people, sent or waiting."""

    id: str
    channel: str
    route: str
    state: str
    title: Name
    queued_ms: TimeMs | None
    sent_ms: TimeMs | None
    attempts: int
    answer: str


class Notifications(Told):
    """The channels and the newest messages."""

    channels: list[ChannelShape]
    items: list[MessageShape]


class ChannelAnswer(Told):
    """What the provider said to a test message."""

    ok: bool
    answer: str
