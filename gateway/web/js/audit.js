// The audit log: who changed what. Filters in the address, rows that open, the state of the chain, older pages.
import { ask } from "./api.js";
import { chainState } from "./audit-chain.js";
import { auditDetail } from "./audit-detail.js";
import { auditRow, auditTable } from "./audit-rows.js";
import { el } from "./dom.js";
import { fileLink } from "./file-link.js";
import { failed, loading, section } from "./sections.js";

const PAGE = 100;
const TEXTS = ["who", "target"];
const TIMES = ["from", "to"];
const KINDS = ["sign", "user", "key", "configuration", "rules", "device", "alarm", "record", "evidence", "period", "ledger", "export", "auditor", "audit", "backup", "clock", "state"];
const RESULTS = ["done", "refused", "failed", "asked"];

/** The site's wall clock as a form field has it, and back; an empty text is no time. */
const wallOf = (iso, fmt) => (iso ? new Date(Date.parse(iso) + fmt.offset(Date.parse(iso))).toISOString().slice(0, 16) : "");
function fromWall(text, fmt) {
  const guess = Date.parse(`${text}Z`);
  return Number.isNaN(guess) ? "" : new Date(guess - fmt.offset(guess - fmt.offset(guess))).toISOString();
}

const askedIn = ({ searchParams }) =>
  Object.fromEntries(["who", "action", "target", "result", "from", "to"].map((name) => [name, searchParams.get(name) ?? ""]).filter(([, value]) => value));

class AuditPage {
  #ui;
  #asked = {};
  #before = null; // where the next page begins
  #turn = 0; // an answer to a question that was changed meanwhile is dropped
  #open = null; // the row that is open, and its detail
  #body = el("tbody");
  #box = el("div");
  #fields = {};

  constructor(ui, address) {
    this.#ui = ui;
    const { t } = ui.words;
    this.chain = chainState(ui);
    this.file = fileLink(ui, "", "CSV", { class: "btn" });
    this.more = el("button", { class: "btn no-print", type: "button", hidden: true, onclick: () => this.#fill(false) }, t("audit.older"));
    this.table = auditTable(this.#body, ui.words);
    ui.main.append(
      el("div", { class: "headline" }, el("h1", { tabindex: -1 }, t("nav.audit")), el("span", { class: "q" }, t("audit.question"))),
      this.chain.node,
      section(t("audit.entries"), {}, this.#filters(), this.#box, this.more),
    );
    this.update(address);
  }

  #filters() {
    const { t } = this.#ui.words;
    const label = (name, node) => el("label", { class: "lab" }, t(`audit.${name}`), node);
    const changed = () => this.#write();
    const option = (value, text) => el("option", { value }, text);
    const choice = (all, values, family) => el("select", { onchange: changed }, option("", t(all)), values.map((value) => option(value, this.#ui.words.family(family, value))));
    for (const name of TEXTS) this.#fields[name] = el("input", { type: "search", onchange: changed });
    for (const name of TIMES) this.#fields[name] = el("input", { type: "datetime-local", onchange: changed });
    this.#fields.action = choice("audit.all_actions", KINDS.map((kind) => `${kind} *`), "audit_kind");
    this.#fields.result = choice("audit.all_results", RESULTS, "audit_result");
    const order = ["who", "action", "target", "result", "from", "to"];
    return el("div", { class: "audit-filters no-print" }, order.map((name) => label(name, this.#fields[name])), this.file);
  }

  // The address can be sent by mail: what is asked for is in it.
  #write() {
    const { fmt } = this.#ui;
    const values = Object.entries(this.#fields).map(([name, { value }]) => [name, TIMES.includes(name) ? fromWall(value, fmt) : value.trim()]);
    const query = new URLSearchParams(values.filter(([, value]) => value));
    this.#ui.go(query.size ? `/audit?${query}` : "/audit");
  }

  update(address) {
    const { fmt } = this.#ui;
    const asked = askedIn(address);
    for (const [name, field] of Object.entries(this.#fields)) field.value = TIMES.includes(name) ? wallOf(asked[name], fmt) : (asked[name] ?? "");
    const isSame = this.#turn > 0 && JSON.stringify(asked) === JSON.stringify(this.#asked);
    this.#asked = asked;
    this.wanted = address.searchParams.get("entry");
    if (isSame) this.#show(this.wanted);
    else this.#fill(true);
    return true;
  }

  async #fill(isFirst) {
    const { words, signal } = this.#ui;
    const turn = isFirst ? (this.#turn += 1) : this.#turn;
    const query = new URLSearchParams(this.#asked);
    if (this.file) this.file.href = `/api/v1/audit?${query}${query.size ? "&" : ""}format=csv`;
    if (isFirst) {
      this.#before = null;
      this.#open = null;
      this.#body.replaceChildren();
      this.more.hidden = true;
      this.#box.replaceChildren(loading(words, 8));
    } else query.set("before", this.#before);
    query.set("steps", "last");
    query.set("limit", PAGE);
    try {
      const found = await ask(`audit?${query}`, signal);
      if (turn === this.#turn) this.#take(found);
    } catch (error) {
      if (!signal.aborted && turn === this.#turn) this.#box.replaceChildren(failed(error, words, () => this.#fill(isFirst)));
    }
  }

  #take({ items, next_before: before, chain, archives }) {
    const { words } = this.#ui;
    this.#before = before;
    this.more.hidden = before === null;
    this.chain.show(chain, archives);
    this.#body.append(...items.map((item) => auditRow(item, this.#ui, () => this.#toggle(item))));
    const isEmpty = !this.#body.hasChildNodes();
    const nothing = Object.keys(this.#asked).length ? "audit.none_fits" : "audit.none";
    this.#box.replaceChildren(isEmpty ? el("p", { class: "q empty" }, words.t(nothing)) : this.table);
    this.#show(this.wanted);
  }

  #toggle({ id }) {
    const isOpen = String(id) === this.wanted;
    const query = new URLSearchParams(this.#asked);
    if (!isOpen) query.set("entry", id);
    this.#ui.go(query.size ? `/audit?${query}` : "/audit", { replace: true });
  }

  // Opens the row of this entry, and closes the one that was open.
  #show(wanted) {
    if (this.#open?.id === wanted) return;
    if (this.#open) {
      this.#open.detail.remove();
      this.#open.row?.querySelector("[aria-expanded]").setAttribute("aria-expanded", "false");
      this.#open = null;
    }
    if (!wanted || !/^\d{1,15}$/.test(wanted)) return;
    const row = this.#body.querySelector(`tr[data-entry="${wanted}"]`);
    const detail = el("tr", { class: "audit-open" }, el("td", { colspan: 6 }, auditDetail(wanted, this.#ui)));
    row?.querySelector("[aria-expanded]").setAttribute("aria-expanded", "true");
    if (row) row.after(detail);
    else this.#body.prepend(detail); // an older one, or one that does not fit the filters: from a link
    this.#open = { id: wanted, row, detail };
  }
}

/** The page for `/audit`. */
export function show(ui, address) {
  ui.title(ui.words.t("nav.audit"));
  ui.live.want({});
  const page = new AuditPage(ui, address);
  return { update: (next) => page.update(next) };
}
