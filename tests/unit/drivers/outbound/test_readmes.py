"""The configuration in each channel's README works, and its tables tell the truth."""

import re
from pathlib import Path

import pytest
import yaml

from drivers.dingtalk.notifier import DINGTALK, DingtalkNotifier
from drivers.feishu.notifier import FEISHU, FeishuNotifier
from drivers.outbound.answer import Provider
from drivers.wecom.notifier import WECOM, WecomNotifier
from gateway.config.plan import ChannelPlan
from gateway.plugins import build_notifier, known_drivers
from tests.contract.notifier_suite import FixedClock

DRIVERS = Path(__file__).parents[4] / "drivers"
CHANNELS = sorted(name for name, driver in known_drivers().items() if driver.notifier is not None)
SECRETS = {
    "file:secrets/wecom": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0",
    "file:secrets/dingtalk": "https://oapi.dingtalk.com/robot/send?access_token=0",
    "file:secrets/feishu": "https://open.feishu.cn/open-apis/bot/v2/hook/0",
    "file:secrets/bark": "bark://api.day.app/0",
}


def readme(channel: str) -> str:
    return (DRIVERS / channel / "README.md").read_text(encoding="utf-8")


def given(channel: str) -> dict[str, object]:
    """The example, with what its secrets would hold."""
    (text,) = re.findall(r"```yaml\n(.*?)```", readme(channel), re.DOTALL)
    found: dict[str, object] = yaml.safe_load(text)
    return {
        name: [SECRETS[url] for url in value] if name == "urls" else SECRETS.get(str(value), value)
        for name, value in found.items()
    }


def test_every_channel_has_a_readme() -> None:
    assert CHANNELS == ["apprise", "dingtalk", "feishu", "mqtt", "smtp", "webhook", "wecom"]
    assert all(readme(channel) for channel in CHANNELS)


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_example_makes_a_channel(channel: str) -> None:
    options = given(channel)
    assert options.pop("driver") == channel
    module = __import__(known_drivers()[channel].config, fromlist=["ChannelOptions"])
    plan = ChannelPlan("duty", channel, module.ChannelOptions.model_validate(options))
    notifier = build_notifier(plan, Path("/nonexistent"), FixedClock())
    assert notifier.name == "duty"


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_option_is_documented(channel: str) -> None:
    module = __import__(known_drivers()[channel].config, fromlist=["ChannelOptions"])
    names = {field.alias or name for name, field in module.ChannelOptions.model_fields.items()}
    documented = set(re.findall(r"`([a-z_]+)`", "\n".join(re.findall(r"^\| (.*?) \|", readme(channel), re.MULTILINE))))
    assert names <= documented
    assert not names & {"name", "driver", "language", "rate", "id"}, "these are the channel's own"


@pytest.mark.parametrize(("channel", "provider"), [("wecom", WECOM), ("dingtalk", DINGTALK), ("feishu", FEISHU)])
def test_every_code_of_a_provider_is_in_its_table(channel: str, provider: Provider) -> None:
    table = "\n".join(re.findall(r"^\| (-?[0-9].*?) \|", readme(channel), re.MULTILINE))
    told = {int(code) for code in re.findall(r"-?[0-9]+", table)}
    assert told == {0, *provider.waits_s, *provider.hints}


@pytest.mark.parametrize(
    ("count", "seconds", "limits"),
    [
        (*WecomNotifier.rate, [(20, 60.0)]),
        (*DingtalkNotifier.rate, [(20, 60.0)]),
        (*FeishuNotifier.rate, [(100, 60.0), (5, 1.0)]),
    ],
)
def test_rates_keep_the_limits_of_the_providers(count: int, seconds: float, limits: list[tuple[int, float]]) -> None:
    for most, window_s in limits:
        assert count * -(-window_s // seconds) <= most, "in any window, where at most `count` fall into `seconds`"
