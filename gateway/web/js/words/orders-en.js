// The words of orders about alarms in English, loaded with the first order. Keys are the same as in orders-zh.js.
export default {
  "alarm.saving": "Saving…", "alarm.cancel": "Cancel", "shelve.title": "Shelve", "shelve.once": "This occurrence",
  "shelve.note": "It comes back by itself. If the condition is still true then, it is a new alarm.", "shelve.too_long": "This rule allows at most {time}",
  "service.reason": "Reason", "service.reason_missing": "Give a reason: others must know why it is silent.",
  "service.note": "It stays out of service until somebody takes it back. Name and reason are kept in the journal.", "done.acknowledged": "Acknowledged: {what}",
  "done.shelved": "Shelved until {time}: {what}", "done.shelved_once": "Shelved for this occurrence: {what}", "done.unshelved": "Back in the list: {what}",
  "done.reset": "Reset: {what}", "done.commented": "Comment kept: {what}", "done.in_service": "Back in service: {what}", "done.out_of_service": "Out of service: {what}",
  "done.refused": "Not done",
};
