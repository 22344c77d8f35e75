// Words on connectivity in English. Keys are the same as in connectivity-zh.js.
export default {
  "conn.title": "Connectivity", "conn.rate_day": "Answered today", "conn.answered": "answered", "conn.silent": "silent", "conn.down": "gateway down, not counted",
  "conn.down_for": "gateway down, {age}, not counted", "conn.bar": "Last 24 h: {rate} answered", "conn.outages_n": { one: "{n} outage", other: "{n} outages" },
  "conn.no_outage_31": "No outage in the last 31 days.", "conn.lost": "Samples that are not good: {list}", "conn.samples": "{received} of {expected} samples",
  "conn.alarms_more": "{n} more", "reason.timeout": "no answer", "reason.disconnected": "line down", "reason.no_register": "no register",
  "reason.device": "device failure", "reason.gateway_path": "no path", "reason.protocol": "wrong answer", "reason.silent": "silent",
  "reason.stale": "too old or too rare", "reason.configuration": "configuration", "reason.unknown": "unknown",
  "reason.not_available": "not available", "reason.not_a_number": "not a number", "reason.type": "wrong type", "reason.encoding": "not readable", "reason.no_value": "without a value",
};
