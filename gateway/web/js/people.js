// Users: who may sign in, as what, until when; and the keys by which other systems ask.
import { ask } from "./api.js";
import { el } from "./dom.js";
import { dayText } from "./people-day.js";
import { keysSection } from "./people-keys.js";
import { fillBox, section } from "./sections.js";
import { chip } from "./shapes.js";

const NONE = "–";

function state(account, { t }) {
  if (account.disabled) return chip("dash", t("people.disabled"));
  if (!account.usable) return chip("stale", t("people.ended"));
  if (!account.has_password && !account.external && !account.sessions) return chip("waiting", t("people.invited"));
  return chip("answering", t("people.usable"));
}

/** The account's role, with the enterprise or the screen that it is for. */
function roleText(account, names, words) {
  const role = words.family("role", account.role);
  const of = account.enterprise ? (names.get(account.enterprise) ?? account.enterprise) : account.wall ? words.t("people.wall") : "";
  return of ? `${role}${words.t("punct.comma")}${of}` : role;
}

function row(account, names, ui, act) {
  const { words, fmt, live } = ui;
  const { t } = words;
  const seen = account.signed_in_ms ? fmt.since(account.signed_in_ms, live.now()) : t("people.never");
  const cell = (key, ...content) => el("td", { "data-l": t(key) }, ...content);
  const press = (verb) => el("button", { class: "btn small", type: "button", onclick: (event) => act(verb, account, event.target) }, t(`people.${verb}`));
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, el("b", {}, account.name), account.display && account.display !== account.name ? el("span", { class: "s q under" }, account.display) : null),
    cell("people.role", roleText(account, names, words)),
    cell("people.state", state(account, words)),
    cell("people.until", account.valid_until ? dayText(account.valid_until, words) : NONE),
    cell("people.seen", seen),
    cell("people.sessions", fmt.number(account.sessions, 0)),
    el("td", { class: "acts no-print" }, press("change"), press("link")),
  );
}

function table(items, names, ui, act) {
  const { t } = ui.words;
  const heads = ["people.name", "people.role", "people.state", "people.until", "people.seen", "people.sessions", "people.acts"].map((key) => el("th", { scope: "col", class: key === "people.acts" ? "n" : "" }, t(key)));
  const rows = items.map((account) => row(account, names, ui, act));
  return el("table", { class: "cards people", "aria-label": t("people.title") }, el("thead", {}, el("tr", {}, heads)), el("tbody", {}, rows));
}

/** The page for `/users`. */
export function show(ui) {
  const { words, signal, main } = ui;
  const { t } = words;
  const box = el("div");
  const said = el("span", { class: "q" });
  let names = new Map();
  ui.title(t("nav.users"));
  ui.live.want({});

  const act = async (verb, account, button) => {
    const { askAccount, showLink } = await import("./people-form.js");
    if (verb === "link") await showLink(account, ui, { button, done: fill });
    else await askAccount(account, names, ui, fill);
  };
  const add = el("button", { class: "btn go", type: "button", onclick: () => act("add", null) }, t("people.add"));
  main.append(
    el("div", { class: "headline" }, el("h1", { tabindex: -1 }, t("nav.users")), said, el("span", { class: "choose no-print" }, add)),
    section(t("people.title"), {}, box),
    keysSection(ui),
  );

  const load = async () => {
    const [found, park] = await Promise.all([ask("users", signal), ask("park", signal)]);
    names = new Map(park.enterprises.map((one) => [one.id, words.local(one.name, one.id)]));
    const n = found.items.filter((one) => one.usable).length;
    said.textContent = t("people.count", { n });
    return table(found.items, names, ui, act);
  };
  const fill = () => fillBox(box, words, signal, load, 4);
  fill();
  return {};
}
