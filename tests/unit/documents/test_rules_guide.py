"""The samples of the guide to rules are right: they compile for the demo's park, and the test in it passes."""

import re
import shutil
from pathlib import Path

from gateway.plugins import known_drivers
from gateway.rulebook import load_park
from gateway.trial.trials import Trials, read_trials

ROOT = Path(__file__).parents[3]
GUIDE = ROOT / "deploy" / "guide" / "rules.md"
ENVIRONMENT = {"WECOM_URL": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0123"}


def test_the_samples_of_the_guide_work(tmp_path: Path) -> None:
    rules, trial, notify = re.findall(
        r"^```yaml\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    demo = ROOT / "drivers" / "simulator" / "demo"
    for name in ("park.yaml", "machines.csv"):
        shutil.copy(demo / name, tmp_path / name)
    (tmp_path / "rules.d").mkdir()
    (tmp_path / "rules.d" / "alarms.yaml").write_text(rules, encoding="utf-8")
    (tmp_path / "rules.d" / "notify.yaml").write_text(notify, encoding="utf-8")
    (tmp_path / "overload.yaml").write_text(trial, encoding="utf-8")
    loaded, rulebook = load_park(tmp_path / "park.yaml", known_drivers(), ENVIRONMENT)
    assert {"overload:park-tx1", "demand-exceeded:qinghe"} <= {alarm.id for alarm in rulebook.alarms}
    assert [route.name for route in rulebook.notices.routes] == ["urgent"]
    trials = Trials(loaded.plan, rulebook)
    (only,) = read_trials(tmp_path / "overload.yaml")
    assert [str(failure) for failure in trials.run(only)] == []
