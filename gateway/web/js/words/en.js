// The page's words in English. Keys are the same as in zh.js; a value with forms follows the count.
export default {
  "skip": "Skip to content",
  "nav.main": "Main", "nav.park": "Park", "nav.devices": "Devices", "nav.alarms": "Alarms", "nav.enterprises": "Enterprises", "nav.carbon": "Carbon", "nav.records": "Records", "nav.gateway": "Gateway", "nav.setup": "Setup", "nav.users": "Users", "nav.audit": "Audit log", "nav.mine": "My enterprise", "nav.inside": "Inside the gateway", "nav.more": "More",
  "language.other": "中文", "theme.dark": "Dark", "theme.light": "Light", "theme.other": "Light or dark",
  "punct.comma": ", ", "punct.colon": ": ", "punct.stop": "; ",
  "age.s": "{n}\u00a0s", "age.min": "{n}\u00a0min", "age.h": "{n}\u00a0h", "age.d": "{n}\u00a0d",

  "live.connecting": "Connecting", "live.live": "Live", "live.waiting": "Waiting for data, {age}",
  "live.lost": "Not live since {time}, trying again", "live.never": "Not live yet, trying again",
  "line.label": "Alarms and state of the devices", "line.empty": "No device is known yet. Add one to park.yaml.",
  "line.answering": { one: "The {n} connected device answers.", other: "All {n} connected devices answer." },
  "line.silent": "{n} silent", "line.waiting": "{n} of {connected} connected devices have not answered yet.",
  "line.full": "The gateway is out of room: the oldest samples are dropped.", "line.failing": "The gateway cannot store samples.", "line.show": "Show",
  "line.no_alarm": "No unacknowledged alarms; {n} active.", "line.counts": "{waiting} unacknowledged, {active} active",

  "priority.1": "High", "priority.2": "Medium", "priority.3": "Low",
  "state.unacknowledged": "Unacknowledged", "state.acknowledged": "Acknowledged", "state.returned_unacknowledged": "Returned, unacknowledged", "state.latched_unacknowledged": "Latched, unacknowledged", "state.latched_acknowledged": "Latched, acknowledged",
  "alarm.since": "since {time}", "alarm.acknowledge": "Acknowledge", "alarm.unacknowledged": "unacknowledged", "alarm.undo": "Undo",

  "foot.zone": "Times are {zone}. Every number leads to its readings.", "foot.printed": "Printed {time}.", "foot.ledger": "Ledger checkpoint {size}, root {root}.",

  "state.loading": "Loading", "error.title": "Could not load", "error.retry": "Try again",
  "error.timeout": "The gateway did not answer within {n} s.", "error.unreachable": "The gateway is not reachable. Check that it runs.", "error.read_only": "This screen only shows: nothing can be changed here.",

  "news.configuration": "The configuration is new since this page was opened.", "news.load": "Load the page again",

  "value.none": "no value", "value.on": "on", "value.off": "off",

  "device.answering": "Answering", "device.silent": "No answer", "device.waiting": "No answer yet", "device.not_connected": "Known, not connected",
  "driver.modbus": "Modbus", "driver.mqtt": "MQTT", "driver.influxdb": "InfluxDB", "driver.history": "Day files on this gateway",

  "users.count": "{connected} / {known}",

  "chart.table": "Table", "chart.time": "Time", "chart.gap": "no data", "chart.none": "{name}: no data.", "chart.alarms": { one: "{n} alarm in this range.", other: "{n} alarms in this range." }, "chart.empty": "No data in this range yet.",
  "chart.sentence": "{name}: last {last}, lowest {lowest}, highest {highest}.", "chart.gaps": "Hatched: no data {list}.", "chart.gaps_many": "Hatched: no data, {n} gaps.", "chart.span": "{from} to {to}",

  "keys.title": "Keyboard", "keys.close": "Close",
};
