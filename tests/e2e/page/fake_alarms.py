"""Alarms and connectivity that exist only in numbers: the fake park's answers, and what orders do to them."""

from dataclasses import dataclass, field
from typing import Any

from tests.e2e.page.fake_park import ENTERPRISES, START_MS, Json, name

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
STANDING = {
    "unacknowledged",
    "acknowledged",
    "returned_unacknowledged",
    "latched_unacknowledged",
    "latched_acknowledged",
}
ADVICE = name(
    "Shed 161 kW before 14:40 to stay under the alarm limit. Candidates: chillers 2 and 3 of Lantian Cold Chain.",
    "请在 14:40 前削减 161 kW。可选：蓝天冷链 2、3 号冷机。",
)
OWNERS = {entry[0]: name(entry[1], entry[2]) for entry in ENTERPRISES}

# id, rule (en, zh), message (en, zh), enterprise, device, priority, state, value, limit, unit, age in minutes
ALARMS: tuple[tuple[Any, ...], ...] = (
    ("demand:qinghe", "Demand 14:30 to 14:45", "14:30 至 14:45 需量", "Demand 14:30 to 14:45 is heading for 5,861 kW",
     "14:30 至 14:45 需量预计达 5,861 kW", None, None, 1, "unacknowledged", 5861.0, 5700.0, "kW", 3),
    ("no-answer:huali-3", "No answer", "无应答", "Meter 3 does not answer; others on its line do",
     "3 号电表无应答，同线路其他电表正常", "huali", "huali-3", 2, "unacknowledged", None, None, "", 30),
    ("cold:lantian-1", "Cold room B", "冷库 B", "Cold room B was warmer than \u221218.0 °C for 26 min",
     "冷库 B 高于 \u221218.0 °C 达 26 分钟", "lantian", "lantian-1", 2, "returned_unacknowledged", -18.6, -18.0, "°C",
     186),
    ("stuck:antu-1", "Gas meter stuck", "燃气表停走", "Gas meter stands still while the boiler runs",
     "锅炉运行时燃气表停走", "antu", "antu-1", 3, "unacknowledged", 0.0, 0.1, "Nm³/h", 360),
    ("unbalance:dongyue-1", "Current unbalance", "电流不平衡", "Current unbalance 12.6 %",
     "电流不平衡 12.6 %", "dongyue", "dongyue-1", 2, "acknowledged", 12.6, 10.0, "%", 74),
    ("pf:mingde-0", "Power factor", "功率因数", "Power factor 0.87",
     "功率因数 0.87", "mingde", "mingde-0", 3, "latched_acknowledged", 0.87, 0.9, "", 291),
    ("backup:qinghe", "Backup", "备份", "Last backup is older than 7 days",
     "最近备份已超过 7 天", None, None, 3, "acknowledged", 8.0, 7.0, "d", 1470),
    ("hot:weike-0", "Cabinet temperature", "柜内温度", "Cabinet temperature 46.0 °C",
     "柜内温度 46.0 °C", "weike", "weike-0", 3, "shelved", 46.0, 45.0, "°C", 80),
    ("low:jinbo-0", "Low load", "低负荷", "Low load while the line stands still",
     "产线停机时低负荷", "jinbo", "jinbo-0", 3, "suppressed", 3.0, 10.0, "kW", 200),
    ("leak:ruihe-0", "Air leak", "漏气", "Compressed air use at night",
     "夜间压缩空气消耗", "ruihe", "ruihe-0", 2, "out_of_service", 41.0, 20.0, "kW", 3000),
)  # fmt: skip


def alarm(entry: tuple[Any, ...]) -> Json:
    """One alarm of the API from a line of the table above."""
    (alarm_id, rule_en, rule_zh, en, zh, owner, device, priority, state, value, limit, unit, age) = entry
    since = START_MS - age * MINUTE_MS - 27_000
    both = (f"{OWNERS[owner]['en']} {device[-1]}", f"{OWNERS[owner]['zh']} {device[-1]} 号") if device else ("", "")
    seen = state in ("acknowledged", "latched_acknowledged")
    reasons = {
        "suppressed": name("the line stands still", "产线停机"),
        "out_of_service": name("valve is replaced", "更换阀门"),
    }
    return {
        "id": alarm_id,
        "rule": alarm_id.split(":")[0],
        "rule_name": name(rule_en, rule_zh),
        "device": device,
        "device_name": name(*both) if device else None,
        "enterprise": owner,
        "enterprise_name": OWNERS.get(owner),
        "area": "",
        "priority": priority,
        "state": state,
        "condition": "inactive" if state.startswith(("returned", "latched")) else "active",
        "message": name(en, zh),
        "guidance": ADVICE if priority == 1 else name(""),
        "value": value,
        "limit": limit,
        "unit": unit,
        "since_ms": since,
        "returned_ms": since + 26 * MINUTE_MS if state.startswith(("returned", "latched")) else None,
        "acknowledged_by": "Li Wei" if seen else "",
        "acknowledged_ms": since + 6 * MINUTE_MS if seen else None,
        "comment": "",
        "until_ms": START_MS + 88 * MINUTE_MS if state == "shelved" else None,
        "reason": reasons.get(state, name("")),
        "occurrence": 3,
        "first_out": False,
        "latches": state.startswith("latched"),
        "tags": ["tx1.power_active"] if priority == 1 else [f"{device}.power_active"] if device else [],
        "max_shelve_s": 3600 if priority == 1 else 28800,
    }  # fmt: skip


def _events(one: Json) -> list[Json]:
    head = {
        "alarm": one["id"],
        "device": one["device"],
        "enterprise": one["enterprise"],
        "priority": one["priority"],
        "unit": one["unit"],
        "message": one["message"],
        "until_ms": None,
        "first_out": False,
        "state": "unacknowledged",
        "limit": one["limit"],
    }
    raised = {**head, "seq": 1, "time_ms": one["since_ms"], "transition": "raised", "value": one["value"]}
    events = [{**raised, "by": "gateway", "comment": ""}]
    sent = {**head, "seq": 2, "time_ms": one["since_ms"] + 30_000, "transition": "notified", "value": None}
    events.append({**sent, "by": "gateway", "comment": "Sent to WeCom group “Duty”: errcode 0"})
    if one["acknowledged_ms"]:
        seen = {**head, "seq": 3, "time_ms": one["acknowledged_ms"], "transition": "acknowledged", "value": None}
        events.append({**seen, "by": one["acknowledged_by"], "comment": "Electrician is on the way"})
    return events


@dataclass(slots=True)
class FakeAlarms:
    """The alarms, their journal, and every order that was given."""

    items: dict[str, Json] = field(default_factory=lambda: {entry[0]: alarm(entry) for entry in ALARMS})
    journal: list[Json] = field(default_factory=list)
    revision: int = 1
    orders: list[tuple[str, Json]] = field(default_factory=list)  # path below /api/v1, body
    refuse: str = ""  # the words of a 409 for the next orders
    channel_answer: str = "errcode 0"
    channel_fails: bool = False
    rule_errors: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.journal = [event for one in self.items.values() for event in _events(one)]
        self.journal.sort(key=lambda event: event["time_ms"])
        for seq, event in enumerate(self.journal, 1):
            event["seq"] = seq

    def changed(self) -> None:
        """Tell the stream that something is different."""
        self.revision += 1

    def add(self, alarm_id: str, priority: int = 1, **fields: Any) -> None:
        """A new alarm is raised."""
        row = (alarm_id, "Overload", "过载", "Transformer 1 is overloaded", "1 号变压器过载", None, None, priority)
        self.items[alarm_id] = {**alarm((*row, "unacknowledged", 861.2, 800.0, "kW", 0)), "tags": [], **fields}
        self.changed()

    def counts(self) -> Json:
        """As in the list and the stream."""
        states = [one["state"] for one in self.items.values()]
        return {
            "active": sum(state in STANDING for state in states),
            "unacknowledged": sum(state.endswith("unacknowledged") for state in states),
            **{state: states.count(state) for state in ("shelved", "suppressed", "out_of_service")},
        }

    def live(self) -> Json:
        """The key `alarms` of the stream."""
        waiting = [one for one in self.items.values() if one["state"].endswith("unacknowledged")]
        waiting.sort(key=lambda one: (one["priority"], -one["since_ms"]))
        keys = ("id", "rule_name", "priority", "message", "device_name", "since_ms", "state")
        top = {key: waiting[0][key] for key in keys} if waiting else None
        return {"revision": self.revision, "counts": self.counts(), "top": top}

    def listed(self, query: Json) -> Json:
        """The list for a query."""
        wanted = query.get("state", "active")
        found = [
            one
            for one in self.items.values()
            if (one["state"] in STANDING if wanted == "active" else wanted in ("all", one["state"]))
            and query.get("enterprise", one["enterprise"]) == one["enterprise"]
            and query.get("device", one["device"]) == one["device"]
            and int(query.get("priority", one["priority"])) == one["priority"]
        ]
        found.sort(key=lambda one: (not one["state"].endswith("unacknowledged"), one["priority"], -one["since_ms"]))
        waiting = [one["since_ms"] for one in self.items.values() if one["state"].endswith("unacknowledged")]
        return {
            "items": found[: int(query.get("limit", 500))],
            "total": len(found),
            "counts": self.counts(),
            "oldest_waiting_ms": min(waiting, default=None),
        }

    def one(self, alarm_id: str) -> Json:
        """An alarm with its events."""
        events = [event for event in reversed(self.journal) if event["alarm"] == alarm_id]
        return {**self.items[alarm_id], "events": events[:50]}

    def told(self, query: Json) -> Json:
        """The journal for a query, newest first."""
        keys = ("alarm", "device", "enterprise")
        found = [
            event
            for event in reversed(self.journal)
            if all(query.get(key, event[key]) == event[key] for key in keys)
            and event["seq"] < int(query.get("before", 10**9))
        ]
        limit = int(query.get("limit", 200))
        return {"items": found[:limit], "next_before": found[limit - 1]["seq"] if len(found) > limit else None}

    def order(self, alarm_id: str, verb: str, body: Json, now_ms: int) -> Json:
        """What an order makes of an alarm."""
        one = self.items[alarm_id]
        changes: dict[str, Json] = {
            "acknowledge": {"state": "acknowledged", "acknowledged_by": "local operator", "acknowledged_ms": now_ms},
            "shelve": {"state": "shelved", "until_ms": None},
            "unshelve": {"state": "unacknowledged", "until_ms": None},
            "reset": {"state": "normal"},
            "out-of-service": {"state": "out_of_service", "reason": name(body.get("reason", ""))},
            "in-service": {"state": "unacknowledged"},
            "comment": {"comment": body.get("text", "")},
        }
        one.update(changes[verb])
        if body.get("duration_s"):
            one["until_ms"] = now_ms + body["duration_s"] * 1000
        words = {"acknowledge": "acknowledged", "shelve": "shelved", "unshelve": "unshelved", "comment": "commented"}
        event = {**_events(one)[0], "seq": len(self.journal) + 1, "time_ms": now_ms, "by": "local operator"}
        comment = body.get("comment") or body.get("text") or body.get("reason", "")
        self.journal.append({**event, "transition": words.get(verb, "reset"), "value": None, "comment": comment})
        self.changed()
        return one

    def metrics(self) -> Json:
        """The health of the alarm system."""
        top = [one for one in self.items.values() if one["device"]][:3]
        keys = ("rule_name", "device_name")
        return {
            "window_h": 24,
            "total": 31,
            "per_day_acceptable": 144,
            "per_day_manageable": 300,
            "max_10min": 4,
            "flood": {"now": False, "since_ms": None, "share": 0.0, "count": 0},
            "chattering": [],
            "standing_24h": 1,
            "priorities": {"1": 2, "2": 5, "3": 24},
            "top": [
                {"alarm": one["id"], **{key: one[key] for key in keys}, "count": 9 - 3 * i} for i, one in enumerate(top)
            ],
            "top_share": 0.61,
        }

    def rules(self) -> Json:
        """The rules that are loaded."""
        names = {one["rule"]: one["rule_name"] for one in self.items.values()}
        items = [
            {
                "rule": rule,
                "name": names[rule],
                "alarms": 12,
                "active": i % 2,
                "file": "rules.d/meters.yaml",
                "line": 3 + 9 * i,
                "enabled": rule != "backup",
            }
            for i, rule in enumerate(names)
        ]
        finding = "rules.d/meters.yaml:30: applies to no device"
        return {"items": items, "loaded_ms": START_MS - HOUR_MS, "findings": [finding]}

    def notifications(self) -> Json:
        """The channels."""
        channel = {"driver": "wecom", "state": "ok", "error": "", "queued": 0, "sent": 41, "failed": 0}
        duty = {**channel, "name": "duty", "last_sent_ms": START_MS - 2 * MINUTE_MS, "last_answer": "errcode 0"}
        mail = {**channel, "name": "mail", "driver": "smtp", "state": "failing", "error": "535 authentication failed"}
        return {"channels": [duty, {**mail, "queued": 3, "last_sent_ms": None, "last_answer": ""}], "items": []}
