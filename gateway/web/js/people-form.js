// One account: add or change it, end its sessions, remove it; a link that signs in once. Dialogs, loaded on use.
import { ask, send, sentenceOf } from "./api.js";
import { openDialog } from "./dialogs.js";
import { dress, el } from "./dom.js";
import { fillBox } from "./sections.js";
import { showOnce } from "./people-secret.js";
import { toast } from "./toast.js";

const ROLES = ["viewer", "operator", "engineer", "administrator", "enterprise", "auditor"];

const pathOf = ({ name }) => `users/${encodeURIComponent(name)}`;

const labelled = (text, input, hint = "") => el("label", { class: "lab" }, text, hint ? el("span", { class: "s r under" }, hint) : null, input);

/** Fields of an account and what they say. */
function fields(account, names, { words }) {
  const { t } = words;
  const name = el("input", { value: account?.name ?? "", required: true, maxlength: 64, autocapitalize: "none", spellcheck: "false", readonly: account !== null });
  const display = el("input", { value: account?.display ?? "", maxlength: 100 });
  const role = el("select", {}, ROLES.map((one) => el("option", { value: one, selected: one === (account?.role ?? "operator") }, words.family("role", one))));
  const enterprise = el("select", {}, el("option", { value: "" }, t("people.choose")), [...names].map(([id, text]) => el("option", { value: id, selected: id === account?.enterprise }, text)));
  const until = el("input", { type: "date", value: account?.valid_until ?? "" });
  const wall = el("input", { type: "checkbox", checked: account?.wall ?? false });
  const disabled = el("input", { type: "checkbox", checked: account?.disabled ?? false });
  const parts = {
    enterprise: labelled(t("people.enterprise"), enterprise),
    wall: el("label", { class: "check" }, wall, el("span", {}, t("people.wall_long"))),
  };
  const what = el("p", { class: "s q", "aria-live": "polite" });
  const follow = () => {
    parts.enterprise.hidden = role.value !== "enterprise";
    parts.wall.hidden = role.value !== "viewer";
    what.textContent = t(`role_may.${role.value}`);
  };
  role.addEventListener("change", follow);
  follow();
  const nodes = [
    labelled(t("people.name"), name, account ? "" : t("people.name_hint")),
    labelled(t("people.display"), display),
    labelled(t("people.role"), role),
    what,
    parts.enterprise,
    labelled(t("people.until"), until, t("people.until_hint")),
    parts.wall,
    account ? el("label", { class: "check" }, disabled, el("span", {}, t("people.disable"))) : null,
  ];
  const read = () => ({
    role: role.value,
    display: display.value.trim(),
    enterprise: role.value === "enterprise" ? enterprise.value || null : null,
    valid_until: until.value || null,
    wall: role.value === "viewer" && wall.checked,
    ...(account ? { disabled: disabled.checked } : { name: name.value.trim() }),
  });
  return { nodes, read, first: account ? display : name };
}

async function sessionsOf(account, ui, again) {
  const { words, fmt, live } = ui;
  const { t } = words;
  const { items } = await ask(`${pathOf(account)}/sessions`);
  if (items.length === 0) return el("p", { class: "q s" }, t("people.no_session"));
  const end = async (event) => {
    event.target.disabled = true;
    await send(`${pathOf(account)}/sessions`, {}, { method: "DELETE" }).catch((error) => toast(sentenceOf(error, words), { refused: true }));
    again();
  };
  const rows = items.map((one) => el("li", { class: "s q" }, [one.origin, one.agent, fmt.since(one.seen_ms, live.now()), one.current ? t("people.this_session") : ""].filter(Boolean).join(t("punct.comma"))));
  return [el("ul", {}, rows), el("button", { class: "btn small", type: "button", onclick: end }, t("people.end_sessions"))];
}

function dangers(account, ui, { done, close }) {
  const { t } = ui.words;
  const stop = new AbortController();
  const box = el("div");
  const fill = () => fillBox(box, ui.words, stop.signal, () => sessionsOf(account, ui, fill), 1);
  fill();
  const sure = el("button", { class: "btn small", type: "button", hidden: true }, t("people.remove_sure", { name: account.name }));
  const remove = el("button", { class: "btn small", type: "button", onclick: () => ((sure.hidden = false), (remove.hidden = true), sure.focus()) }, t("people.remove"));
  sure.addEventListener("click", async () => {
    try {
      await send(pathOf(account), {}, { method: "DELETE" });
      toast(t("people.removed", { name: account.name }));
      close();
      done();
    } catch (error) {
      toast(sentenceOf(error, ui.words), { refused: true });
    }
  });
  return [el("h3", {}, t("people.sessions")), box, el("h3", {}, t("people.remove_title")), el("p", { class: "s q" }, t("people.remove_note")), remove, sure];
}

/** Asks for a new account (`account` null) or changes one; `done` is called when something came of it. */
export async function askAccount(account, names, ui, done) {
  await Promise.all([ui.words.add("people-form"), dress("dialogs"), dress("people")]);
  const { words } = ui;
  const { t } = words;
  const form = fields(account, names, ui);
  const wrong = el("p", { class: "p1 s", role: "alert" });
  const button = el("button", { class: "btn go", type: "submit" }, t(account ? "people.save" : "people.add"));
  const submit = async (event) => {
    event.preventDefault();
    wrong.textContent = "";
    button.disabled = true;
    try {
      const made = account ? await send(pathOf(account), form.read(), { method: "PATCH" }) : await send("users", form.read());
      dialog.close();
      done();
      if (account) toast(t("people.saved", { name: account.name }));
      else showOnce(t("people.link_title", { name: made.name }), t("people.link_note"), location.origin + made.link.path, ui, made.link.expires_ms);
    } catch (error) {
      wrong.textContent = sentenceOf(error, words);
      button.disabled = false;
    }
  };
  const close = () => dialog.close();
  const body = el("form", { class: "fields", onsubmit: submit }, form.nodes, wrong, button);
  const dialog = await openDialog(account ? account.name : t("people.add"), t("people.cancel"), body, ...(account ? dangers(account, ui, { done, close }) : []));
  form.first.focus();
}

/** Makes a one-time link of an account and shows it, once. */
export async function showLink(account, ui, { button, done }) {
  await ui.words.add("people-form");
  const { words } = ui;
  const { t } = words;
  button.disabled = true;
  try {
    const link = await send(`${pathOf(account)}/link`, {});
    showOnce(t("people.link_title", { name: account.name }), t("people.link_note"), location.origin + link.path, ui, link.expires_ms);
    done();
  } catch (error) {
    toast(sentenceOf(error, words), { refused: true });
  } finally {
    button.disabled = false;
  }
}
