// Words of users and keys in English. Keys are the same as in people-zh.js.
export default {
  "people.title": "Accounts", "people.count": { one: "{n} account may sign in.", other: "{n} accounts may sign in." }, "people.add": "Add an account",
  "people.name": "Name", "people.role": "Role", "people.state": "State", "people.until": "Last day", "people.seen": "Signed in", "people.sessions": "Sessions", "people.acts": "Actions",
  "people.usable": "May sign in", "people.invited": "Not signed in yet", "people.disabled": "Disabled", "people.ended": "Ended", "people.never": "never", "people.wall": "screen on a wall",
  "people.change": "Change", "people.link": "One-time link", "people.cancel": "Cancel",
  "key.title": "API keys", "key.what": "for other systems; each may only what is named", "key.none": "There is no key. Other systems cannot ask.", "key.make": "Make a key", "key.made": "Key for {name}", "key.note": "This key is shown once. Put it where the other system keeps its secrets; send it in no mail.",
  "key.name": "What for", "key.account": "Account", "key.may": "May", "key.until": "Good until", "key.used": "Last used", "key.remove": "Remove", "key.remove_sure": "Really remove", "key.days": { one: "{n} day", other: "{n} days" }, "key.no_scope": "Choose at least one.",
  "scope.read": "read", "scope.export": "export files", "scope.metrics": "Prometheus metrics", "scope.records": "submit records", "scope.alarms": "acknowledge alarms", "scope.gateway": "the inside of the gateway",
};
