// The words of the Enterprises pages in English. Keys are the same as in enterprises-zh.js.
export default {
  "conn.unknown_enterprise": "No such enterprise", "conn.unknown_hint": "The park has none of this name, or it is not yours to see.",
  "conn.question": "Is my equipment connected?", "conn.value": "Power now", "conn.rate": "Answered", "conn.now": "Now", "conn.last24": "Last 24 h", "conn.why": "Why",
  "conn.longest": "Longest outages", "conn.no_outage": "No outage in this period.", "conn.all": "Every connected machine answers.",
  "conn.some": "{n} of {connected} connected machines answer.", "conn.none": "No machine is connected.",
  "conn.apart": { one: "{n} machine is known but not connected.", other: "{n} machines are known but not connected." },
  "conn.apart_list": { one: "List of {n}", other: "List of {n}" }, "conn.of_known": "of {n} known", "period.label": "Period", "conn.unanswered": { one: "{n} does not answer", other: "{n} do not answer" }, "conn.rate_hour": "Answered this hour", "conn.rate_month": "Answered this month", "period.hour": "This hour",
  "period.day": "Today", "period.month": "This month", "conn.machines": "Machines connected",
  "conn.all_enterprises": "{answering} of {connected} connected machines answer; {known} are known.", "conn.enterprise": "Enterprise",
  "conn.connected": "Connected of known", "conn.highest": "Highest active alarm", "conn.empty": "No enterprise is configured yet.",
  "conn.no_device": "This enterprise has no machines yet.", "conn.alarms_active": "Active alarms", "conn.no_alarm": "No active alarms.",
};
