// The words of the Alarms page in English. Keys are the same as in alarms-zh.js.
export default {
  "area.cold-chain": "cold chain", "area.communication": "communication", "area.environment": "environment", "area.gateway": "gateway", "area.maintenance": "maintenance", "area.metering": "metering", "area.safety": "safety", "area.supply": "supply", "area.production": "production",
  "alarms.views": "Which alarms", "alarms.list": "List of alarms", "alarms.selected": "Selected alarm", "alarms.all": "All alarms",
  "view.active": "Active", "view.shelved": "Shelved", "view.suppressed": "Suppressed", "view.out_of_service": "Out of service", "view.journal": "Journal",
  "alarms.priority": "Priority", "alarms.all_priorities": "All priorities", "alarms.enterprise": "Enterprise", "alarms.all_enterprises": "All enterprises",
  "alarms.waiting": "{n} unacknowledged", "alarms.none_waiting": "None unacknowledged", "alarms.of_active": " of {n} active.", "alarms.oldest": " The oldest has waited {age}.",
  "alarms.new": "{n} new", "alarms.more": "{n} more; choose a priority or an enterprise.", "alarms.choose": "No alarm is selected. Choose a row, or press j and Enter.", "alarms.stale": "Not live since {time}; the list may have changed.",
  "empty.active": "No active alarms.", "empty.active_since": "No active alarms since {time}.", "empty.shelved": "Nothing is shelved.", "empty.suppressed": "Nothing is suppressed.",
  "empty.out_of_service": "No alarm is out of service.", "empty.filtered": "No alarm fits this choice.",
  "legend.filled": "filled: not yet acknowledged", "legend.outline": "outline: acknowledged", "legend.dashed": "dashed: over, nobody has seen it",

  "alarm.priority": "Priority", "alarm.state": "State", "alarm.what": "What and where", "alarm.value_limit": "Value, limit", "alarm.begun": "Since", "alarm.action": "Action",
  "alarm.park": "Park", "alarm.first_out": "first of its group", "alarm.limit": "limit", "alarm.comment": "Comment",
  "alarm.shelve": "Shelve", "alarm.unshelve": "Unshelve", "alarm.reset": "Reset", "alarm.out_of_service": "Out of service", "alarm.back_to_service": "Back to service",
  "state.normal": "Normal",
  "state.shelved": "Shelved", "state.shelved_to": "Shelved to {time}",
  "state.shelved_once": "Shelved for this occurrence", "state.suppressed": "Suppressed", "state.out_of_service": "Out of service", "state.gone": "Not in this list any more",

  "pane.guidance": "What to do.", "pane.history": "What happened", "pane.no_event": "Nothing is recorded yet.", "pane.by": "by {name} {time}", "pane.lasts": "Lasts {age}.", "pane.lasted": "Lasted {age}.",
  "pane.shelve_15": "Shelve 15\u00a0min", "pane.shelve_choice": "Shelve…", "pane.add_comment": "Add comment", "pane.acknowledge_first": "Acknowledge it first", "pane.longer": "Longer trend", "pane.no_trend": "The trend could not be loaded.",

  "event.raised": "Raised", "event.worsened": "Priority raised", "event.eased": "Priority lowered", "event.reannunciated": "Announced again", "event.returned": "Returned to normal", "event.acknowledged": "Acknowledged",
  "event.reset": "Reset", "event.commented": "Comment", "event.shelved": "Shelved", "event.unshelved": "No longer shelved", "event.suppressed": "Suppressed", "event.unsuppressed": "No longer suppressed",
  "event.out_of_service": "Taken out of service", "event.in_service": "Back in service", "event.removed": "No longer configured", "event.notified": "Message sent",
  "event.over": "{value}, limit {limit}", "event.until": "until {time}", "event.once": "for this occurrence", "event.by": "by {name}",

  "health.title": "Is the alarm system itself healthy?", "health.note": "last {n} h, against EEMUA 191", "health.alarms": "Alarms", "health.acceptable": "acceptable up to {n}", "health.manageable": "above {n} a day: hard to follow", "health.over": "above {n} a day: too many to follow",
  "health.most": "Most in 10 min", "health.no_flood": "flood above 10; none", "health.floods": "{n} floods, {share}\u00a0% of the time", "health.flood_now": "flood since {time}",
  "health.chattering": "Chattering", "health.chattering_target": "target 0", "health.standing": "Standing over 24 h", "health.standing_target": "target under 5",
  "health.shares": "Low, medium, high", "health.between": ", ", "health.shares_target": "target 80, 15, 5", "health.top": "Top ten, of load", "health.which": "Which ten", "health.times": "Times", "health.chatters": "chattering, most in 60 s",

  "journal.span": "Time range", "span.1h": "1 h", "span.24h": "24 h", "span.7d": "7 d", "span.31d": "31 d", "journal.from": "From", "journal.to": "To", "journal.alarm": "Alarm", "journal.time": "Time", "journal.event": "What happened",
  "journal.older": "Older", "journal.empty": "Nothing happened in this range.",
};
