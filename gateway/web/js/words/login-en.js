// Words of the sign-in in English. Keys are the same as in login-zh.js.
export default {
  "login.gateway": "Park gateway", "login.title": "Sign in", "login.name": "Name", "login.password": "Password", "login.show": "Show", "login.hide": "Hide",
  "login.sign_in": "Sign in", "login.signing_in": "Signing in…", "login.oidc": "Sign in with the park account",
  "login.wrong": "Name or password is wrong.", "login.waits": "Too many tries.", "login.again": "Try again in {age}.",
  "login.ended": "The session has ended. Sign in to go on where you were.", "login.signed_out": "You are signed out.",
  "login.link_used": "This link was used already or is too old. Ask the administrator for a new one, or sign in with name and password.",
  "login.right": "Is this the right gateway?", "login.right_how": "Open the certificate in your browser and compare its SHA-256 fingerprint with the label on the gateway. A page cannot prove itself.",
  "setup_code.title": "Set up this gateway", "setup_code.intro": "Nobody can sign in yet. The setup code makes the first account, an administrator.",
  "setup_code.code": "Setup code", "setup_code.where": "The gateway printed it at its first start; it is also in the file setup-code in its data directory.",
  "setup_code.make": "Make the administrator", "setup_code.wrong": "The setup code is wrong. Compare it with the file setup-code.",
  "setup_code.code_missing": "Enter the setup code.", "setup_code.name_missing": "Enter a name.",
  "setup_code.name_wrong": "A name has 1 to 32 of a to z, 0 to 9, dot, hyphen and underscore, a letter or digit first: li.wei",
  "password.title": "Set a password", "password.intro": "You are signed in by a link that works once. With a password you can come back without a new link.",
  "password.new": "New password", "password.again": "The same again", "password.rule": "At least {n} characters, any you like. A sentence is good.",
  "password.short": "The password needs at least {n} characters.", "password.differ": "The two passwords differ.",
  "password.refused": "This password is too easy to guess. Take a sentence, or four words that do not belong together, without the name.",
  "password.keep": "Set the password", "password.skip": "Go on without a password",
};
