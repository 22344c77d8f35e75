// Words of the account's menu in English, loaded when it is opened. Keys are the same as in account-menu-zh.js.
export default {
  "account.until": "until {day}", "account.password": "Change password", "account.sign_out": "Sign out",
  "account.old": "Password now", "account.change": "Change it", "account.saving": "Saving…", "account.changed": "The password is changed; every other session of yours has ended.", "account.old_wrong": "The password of now is wrong.", "account.cancel": "Cancel",
  "account.sessions": "Where you are signed in", "account.this_session": "this one", "account.end_others": "Sign out everywhere else", "account.no_others": "Only here.",
};
