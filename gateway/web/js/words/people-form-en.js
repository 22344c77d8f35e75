// Words of the dialogs of accounts in English. Keys are the same as in people-form-zh.js.
export default {
  "people.name_hint": "For signing in: letters, digits, dot, hyphen.", "people.display": "Full name", "people.enterprise": "Enterprise", "people.choose": "Choose", "people.until_hint": "Empty: no end. An auditor needs one.",
  "people.wall_long": "For a screen on a wall: it stays signed in and only shows.", "people.disable": "Disabled: may not sign in", "people.save": "Save", "people.saved": "{name} is changed; its sessions have ended.",
  "people.no_session": "Nobody is signed in with this account.", "people.this_session": "this session", "people.end_sessions": "End all its sessions",
  "people.remove_title": "Remove", "people.remove": "Remove the account", "people.remove_sure": "Really remove {name}", "people.remove_note": "Its sessions and keys end. What it did stays in the audit log.", "people.removed": "{name} is removed.",
  "people.link_title": "Link for {name}", "people.link_note": "This link signs in once, without a password. It is shown once: hand it over in a way that only this person reads.", "people.good_until": "Good until {time}.", "people.copy": "Copy", "people.copied": "Copied.", "people.copy_by_hand": "The text is marked: copy it with the keyboard.",
  "role_may.viewer": "Sees everything of the park, changes nothing.", "role_may.operator": "Alarms, records and approvals, accounts, ledger.", "role_may.engineer": "All of the operator's, and rules, devices, configuration.", "role_may.administrator": "Everything, with accounts, keys, backup and the audit log.", "role_may.enterprise": "Its own devices, alarms, records and reports only.", "role_may.auditor": "Reads everything with the audit log, changes nothing, until a day.",
};
