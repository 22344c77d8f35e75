// Who is signed in, and what that person can do for themselves; on the phone also the tabs that have no room. On demand.
import { access, ask, send, sentenceOf } from "./api.js";
import { openDialog } from "./dialogs.js";
import { dress, el } from "./dom.js";
import { createError, passwordField, whileBusy } from "./login-fields.js";
import { newPassword } from "./new-password.js";
import { tabsOf, insideOf } from "./tabs.js";
import { toast } from "./toast.js";

function leads(actions) {
  const close = (event) => event.target.closest("dialog").close();
  const buttons = actions.map(([word, act]) =>
    el("button", { class: "btn", type: "button", onclick: (event) => (close(event), act()) }, word),
  );
  return el("div", { class: "actions" }, buttons);
}

function person({ session, words, fmt }) {
  const { t } = words;
  const role = words.family("role", session.role);
  const until = session.valid_until_ms ? t("account.until", { day: fmt.day(session.valid_until_ms) }) : "";
  return el("p", { class: "q" }, [session.name, role, until].filter(Boolean).join(t("punct.comma")));
}

/** The sessions of one's own account, and a way to end all but this one. */
async function showSessions(ui) {
  const { words, fmt, live } = ui;
  const { t } = words;
  const { items } = await ask("session/mine");
  const rows = items.map((one) =>
    el("li", { class: "s q" }, [one.origin, one.agent, fmt.since(one.seen_ms, live.now()), one.current ? t("account.this_session") : ""].filter(Boolean).join(t("punct.comma"))),
  );
  const end = async () => {
    dialog.close();
    await send("session/mine", {}, { method: "DELETE" }).catch((error) => toast(sentenceOf(error, words), { refused: true }));
    showSessions(ui);
  };
  const more = items.length > 1 ? el("button", { class: "btn", type: "button", onclick: end }, t("account.end_others")) : el("p", { class: "q s" }, t("account.no_others"));
  const dialog = await openDialog(t("account.sessions"), t("keys.close"), el("ul", { class: "names" }, rows), more);
}

const own = (ui) => [
  [ui.words.t("account.sessions"), () => showSessions(ui)],
  [ui.words.t("account.password"), () => changePassword(ui)],
  [ui.words.t("account.sign_out"), signOut],
];

async function signOut() {
  access.onEnd = () => {}; // questions on their way hear that the session has ended: that is what was asked
  await send("session", {}, { method: "DELETE" }).catch(() => {}); // ended already: that is what was asked
  location.replace("/login?why=signed_out");
}

/** The menu of the account. */
export async function showAccount(ui) {
  const { t, add } = ui.words;
  await add("account-menu", "roles");
  openDialog(ui.session.display || ui.session.name, t("keys.close"), person(ui), leads(own(ui)));
}

/** What the phone's bar has no room for: tabs, language, theme, the account. */
export async function showMore(ui, { changeLanguage, changeTheme }) {
  const { t, add } = ui.words;
  await add("account-menu", "roles");
  const inside = insideOf(ui).filter(([name]) => name !== "gateway");
  const tabs = [...tabsOf(ui).slice(4), ...inside].map(([name, path]) => [t(`nav.${name}`), () => ui.go(path)]);
  if (ui.may("records")) tabs.unshift([t("nav.records"), () => ui.go("/records")]);
  const frame = [
    [t("language.other"), changeLanguage],
    [t("theme.other"), changeTheme],
  ];
  openDialog(t("nav.more"), t("keys.close"), leads([...tabs, ...frame]), person(ui), leads(own(ui)));
}

async function changePassword(ui) {
  const { t, add } = ui.words;
  await Promise.all([add("login"), dress("login")]);
  const old = passwordField(t("account.old"), { name: "old", autocomplete: "current-password", required: true }, t);
  const fresh = newPassword(ui);
  const error = createError("account-error", { ...ui, signal: new AbortController().signal });
  const button = el("button", { class: "btn go", type: "submit" }, t("account.change"));
  const hasOld = ui.session.needs_old_password;
  const submit = async (event) => {
    event.preventDefault();
    error.clear();
    const problem = fresh.problem();
    if (problem) return error.show(problem, fresh.inputs, button);
    const body = { new: fresh.value(), ...(hasOld ? { old: old.input.value } : {}) };
    try {
      await whileBusy(button, t("account.saving"), () => send("session/password", body, { method: "PUT" }));
      dialog.close();
      return toast(t("account.changed"));
    } catch (refused) {
      return error.show(refused.status === 401 ? t("account.old_wrong") : refused, [old.input], button);
    }
  };
  const name = el("input", { class: "hidden-word", autocomplete: "username", value: ui.session.name, readonly: true, tabindex: -1, "aria-hidden": "true" });
  const form = el("form", { class: "fields", onsubmit: submit, novalidate: true }, name, hasOld ? old.node : null, fresh.nodes, error.node, button);
  const dialog = await openDialog(t("account.password"), t("account.cancel"), form);
}
