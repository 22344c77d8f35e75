// Alarms: what must I do first? The list, the open alarm's pane beside it, the journal, the health of the alarm system.
import { ask } from "./api.js";
import { el, every, setText } from "./dom.js";
import { AlarmList } from "./alarm-list.js";
import { failed, fillBox, loading } from "./sections.js";
import { alarmShape, shape } from "./shapes.js";

const VIEWS = ["active", "shelved", "suppressed", "out_of_service", "journal"];
const MOST = 500;
const TOP_PX = 80; // scrolled less than this, a person is at the top of the list
const idOf = (address) => decodeURIComponent(address.pathname.split("/")[2] ?? "");

/** What an address asks for: view, priority, enterprise, and the open alarm's id. */
function read(address) {
  const query = address.searchParams;
  const view = VIEWS.includes(query.get("state")) ? query.get("state") : "active";
  const filters = { priority: query.get("priority") ?? "", enterprise: query.get("enterprise") ?? "" };
  return { view, ...filters, id: idOf(address) };
}

/** Another enterprise or priority does not change which time and alarm the journal shows. */
function keepJournal(query) {
  const now = new URL(location.href).searchParams;
  if (now.get("state") !== "journal") return;
  for (const name of ["alarm", "span", "from", "to"]) if (now.has(name)) query.set(name, now.get(name));
}

class AlarmsPage {
  #ui;
  #asked;
  #list;
  #counts = null;
  #oldest_ms = null;
  #revision = null; // of the stream, when the list was last asked for
  #isAsking = false;
  #health = null;
  #pane = null; // of the open alarm
  #journal = null;
  #stopPane = new AbortController();
  #said = el("span", { class: "q" });
  #trouble = el("div");
  #stale = el("p", { class: "chip p2 stale-note", hidden: true });
  #empty = el("p", { class: "q empty", hidden: true });
  #more = el("p", { class: "note" });
  #listBox = el("div");
  #under = el("div", { class: "stack" });
  #side = el("aside", { class: "c4 stack pane" });
  #main = el("section", { class: "c8" });

  constructor(ui, address) {
    const { t } = ui.words;
    this.#ui = ui;
    this.#asked = read(address);
    this.#list = new AlarmList(ui, {
      act: (alarm, verb, node) => this.act(alarm, verb, { button: node }),
      open: (id) => ui.go(this.address({ id })),
      address: (id) => this.address({ id }),
    });
    this.views = el(
      "span",
      { class: "seg tabs", role: "group", "aria-label": t("alarms.views") },
      VIEWS.map((view) => this.#viewButton(view)),
    );
    this.priority = this.#select("priority", t("alarms.priority"), [
      ["", t("alarms.all_priorities")],
      ...[1, 2, 3].map((n) => [String(n), t(`priority.${n}`)]),
    ]);
    this.enterprise = this.#select("enterprise", t("alarms.enterprise"), [["", t("alarms.all_enterprises")]]);
    this.#main.setAttribute("aria-label", t("nav.alarms"));
    this.#side.setAttribute("aria-label", t("alarms.selected"));
    this.#main.append(this.#stale, this.#trouble, this.#listBox, this.#under);
    this.#stale.append(shape("stale", "p2"), el("span"));
    this.box = el(
      "div",
      { class: "alarms-page" },
      el("div", { class: "headline" }, el("h1", { tabindex: -1 }, t("nav.alarms")), this.#said),
      el("div", { class: "choice" }, this.views, el("span", { class: "filters" }, this.enterprise, this.priority)),
      el("div", { class: "grid" }, this.#main, this.#side),
    );
    ui.signal.addEventListener("abort", () => this.#stopPane.abort());
    ui.title(t("nav.alarms"));
    ui.live.want({});
    this.#nameEnterprises();
    this.#showView();
    this.#open();
    every(60, () => this.#health?.refresh(), ui.signal);
  }

  /** The address of this page with some things changed; the open alarm is in its path. */
  address(change = {}) {
    const { view, priority, enterprise, id } = { ...this.#asked, ...change };
    const query = new URLSearchParams();
    if (view !== "active") query.set("state", view);
    if (priority) query.set("priority", priority);
    if (enterprise) query.set("enterprise", enterprise);
    if (view === "journal") keepJournal(query);
    const path = id ? `/alarms/${encodeURIComponent(id)}` : "/alarms";
    return query.size ? `${path}?${query}` : path;
  }

  #viewButton(view) {
    const press = () => this.#ui.go(this.address({ view, id: "" }));
    const count = el("span");
    return el("button", { type: "button", "data-view": view, onclick: press }, this.#ui.words.t(`view.${view}`), count);
  }

  #select(name, label, options) {
    const node = el(
      "select",
      { "aria-label": label },
      options.map(([value, word]) => el("option", { value }, word)),
    );
    node.value = this.#asked[name];
    node.addEventListener("change", () => this.#ui.go(this.address({ [name]: node.value, id: "" })));
    return node;
  }

  async #nameEnterprises() {
    try {
      const { enterprises } = await ask("park", this.#ui.signal);
      const local = (item) => this.#ui.words.local(item.name, item.id);
      this.enterprise.append(...enterprises.map((item) => el("option", { value: item.id }, local(item))));
      this.enterprise.value = this.#asked.enterprise;
      this.enterprise.hidden = enterprises.length < 2;
    } catch {
      this.enterprise.hidden = true; // the list stands without this filter
    }
  }

  #showView() {
    const { view, priority, enterprise } = this.#asked;
    for (const node of this.views.children) node.setAttribute("aria-pressed", String(node.dataset.view === view));
    this.priority.value = priority;
    this.enterprise.value = enterprise;
    this.box.classList.toggle("journal", view === "journal");
    this.#main.className = view === "journal" ? "c12" : "c8";
    this.#side.hidden = view === "journal";
    this.#journal = null;
    this.#trouble.replaceChildren();
    if (view === "journal") this.#showJournal();
    else this.#showList();
  }

  async #showJournal() {
    const { signal, words } = this.#ui;
    this.#under.replaceChildren();
    this.#askCounts();
    const load = async () => {
      const { createJournal } = await import("./journal.js");
      this.#journal = createJournal(this.#asked, this.#ui);
      return this.#journal.node;
    };
    await fillBox(this.#listBox, words, signal, load, 10);
  }

  async #showList() {
    const { words, signal } = this.#ui;
    this.#listBox.replaceChildren(loading(words, 8));
    this.#list.show([], { sort: true });
    await this.#refresh({ sort: true });
    if (signal.aborted || this.#health) return this.#under.replaceChildren(...this.#below());
    const { createHealth } = await import("./alarm-health.js");
    this.#health = createHealth(this.#ui, (id) => this.address({ id }));
    return this.#under.replaceChildren(...this.#below());
  }

  #below() {
    if (this.#asked.view === "journal") return [];
    const { t } = this.#ui.words;
    const looks = [
      ["unacknowledged", "legend.filled"],
      ["acknowledged", "legend.outline"],
      ["returned_unacknowledged", "legend.dashed"],
    ];
    const marks = looks.map(([state, key]) =>
      el("span", { class: "chip" }, alarmShape({ priority: 2, state }), el("span", {}, t(key))),
    );
    const legend = this.#asked.view === "active" ? el("p", { class: "note key" }, marks) : null;
    return [el("div", {}, this.#more, legend), this.#health?.node].filter(Boolean);
  }

  #query() {
    const { view, priority, enterprise } = this.#asked;
    const query = new URLSearchParams({ state: view, limit: MOST });
    if (priority) query.set("priority", priority);
    if (enterprise) query.set("enterprise", enterprise);
    return query;
  }

  /** Asks for the list anew; `sort`: a person asked for it, so the order on screen may change. */
  async #refresh({ sort = false } = {}) {
    const { words, signal, live } = this.#ui;
    const query = this.#query().toString();
    this.#isAsking = true;
    this.#revision = live.latest().alarms?.revision ?? null;
    try {
      const answer = await ask(`alarms?${query}`, signal);
      if (query !== this.#query().toString() || this.#journal) return;
      this.#take(answer, sort);
      this.#trouble.replaceChildren();
    } catch (error) {
      if (signal.aborted || query !== this.#query().toString()) return;
      if (this.#list.isEmpty) this.#listBox.replaceChildren();
      this.#trouble.replaceChildren(failed(error, words, () => this.#refresh({ sort })));
    } finally {
      this.#isAsking = false;
    }
  }

  #take({ items, total, counts, oldest_waiting_ms: oldest_ms }, sort) {
    const isReading = this.#asked.id !== "" || scrollY > TOP_PX;
    this.#list.show(items, { keep: isReading, sort });
    this.#showCounts(counts, oldest_ms);
    setText(this.#more, total > items.length ? this.#ui.words.t("alarms.more", { n: total - items.length }) : "");
    const isEmpty = this.#list.isEmpty;
    this.#empty.hidden = !isEmpty;
    this.#list.node.hidden = isEmpty;
    if (isEmpty) this.#sayEmpty();
    if (!this.#list.node.isConnected) this.#listBox.replaceChildren(this.#empty, this.#list.node);
    this.#list.select(this.#asked.id);
  }

  async #askCounts() {
    try {
      const { counts, oldest_waiting_ms: oldest_ms } = await ask("alarms?state=active&limit=1", this.#ui.signal);
      this.#showCounts(counts, oldest_ms);
    } catch {
      // the journal below says what failed
    }
  }

  #showCounts(counts, oldest_ms) {
    this.#counts = counts;
    this.#oldest_ms = oldest_ms;
    const { fmt } = this.#ui;
    for (const node of this.views.children) {
      const n = counts[node.dataset.view];
      if (n !== undefined) setText(node.lastChild, ` ${fmt.number(n, 0)}`);
    }
    this.#sayWaiting();
  }

  #sayWaiting() {
    if (!this.#counts) return;
    const { words, fmt, live } = this.#ui;
    const { unacknowledged, active } = this.#counts;
    const head = words.t(unacknowledged ? "alarms.waiting" : "alarms.none_waiting", { n: unacknowledged });
    const rest = words.t("alarms.of_active", { n: active });
    const age = this.#oldest_ms === null ? "" : fmt.age((live.now() - this.#oldest_ms) / 1000);
    const last = unacknowledged && age ? words.t("alarms.oldest", { age }) : "";
    const text = `${head}${rest}${last}`;
    if (this.#said.textContent !== text) this.#said.replaceChildren(el("b", {}, head), rest, last);
  }

  async #sayEmpty() {
    const { words, fmt, live, signal } = this.#ui;
    const { view, priority, enterprise } = this.#asked;
    const isFiltered = priority !== "" || enterprise !== "";
    setText(this.#empty, words.t(isFiltered ? "empty.filtered" : `empty.${view}`));
    if (isFiltered || view !== "active") return;
    try {
      const { items } = await ask("alarms/journal?limit=1", signal);
      const time = items.length ? fmt.since(items[0].time_ms, live.now()) : "";
      if (time) setText(this.#empty, words.t("empty.active_since", { time }));
    } catch {
      // the sentence stands without a time
    }
  }

  async #open() {
    const { id } = this.#asked;
    this.#stopPane.abort();
    this.#stopPane = new AbortController();
    const { signal } = this.#stopPane;
    this.#pane = null;
    this.#list.select(id);
    this.#list.readdress();
    this.box.classList.toggle("chosen", id !== "");
    const { t } = this.#ui.words;
    this.#ui.title(t("nav.alarms"));
    if (id === "") return this.#side.replaceChildren(el("p", { class: "q empty hint" }, t("alarms.choose")));
    const { createPane } = await import("./alarm-pane.js");
    if (signal.aborted) return null;
    const hooks = { act: (...given) => this.act(...given), back: this.address({ id: "" }) };
    this.#pane = createPane(this.#side, id, hooks, { ...this.#ui, signal });
    return null;
  }

  /** Gives an order about an alarm; list and pane show what came of it before the stream tells. */
  async act(alarm, verb, given = {}) {
    const actions = await import("./alarm-actions.js");
    const ui = this.#ui;
    const after = (now) => this.#changed(now);
    const verbs = {
      acknowledge: () => actions.acknowledge(alarm, ui, given),
      shelve: () => actions.askShelve(alarm, ui, after, given.comment),
      shelve_15: () => actions.shelve(alarm, 900, ui, { ...given, after }),
      unshelve: () => actions.unshelve(alarm, ui, given),
      reset: () => actions.reset(alarm, ui, given),
      out: () => actions.askOutOfService(alarm, ui, after),
      back: () => actions.backToService(alarm, ui, given),
      comment: () => actions.comment(alarm, given.comment, ui, given),
    };
    const now = await verbs[verb]();
    after(now);
    return now ?? null;
  }

  #changed(alarm) {
    if (!alarm || this.#ui.signal.aborted) return;
    this.#list.update(alarm);
    if (alarm.id === this.#asked.id) this.#pane?.refresh();
  }

  update(address) {
    const before = this.#asked;
    this.#asked = read(address);
    const { view, priority, enterprise, id } = this.#asked;
    if (before.view !== view || before.priority !== priority || before.enterprise !== enterprise) this.#showView();
    else if (this.#journal) this.#journal.update(address);
    if (before.id !== id) this.#open();
    if (before.id && !id) this.#list.focus(before.id);
    return true;
  }

  onLive(state) {
    const revision = state.alarms?.revision;
    if (revision === undefined || revision === this.#revision || this.#isAsking) return;
    this.#revision = revision;
    if (this.#asked.view === "journal") this.#askCounts();
    else this.#refresh();
    this.#pane?.refresh();
  }

  onTick(now_ms) {
    this.#list.onTick(now_ms);
    this.#sayWaiting();
    this.#pane?.onTick(now_ms);
    const { kind, time_ms } = this.#ui.live.health();
    this.#stale.hidden = kind !== "lost" || time_ms === null;
    if (!this.#stale.hidden)
      setText(this.#stale.lastChild, this.#ui.words.t("alarms.stale", { time: this.#ui.fmt.since(time_ms, now_ms) }));
  }

  onTheme() {
    this.#pane?.onTheme();
  }

  onKey(name) {
    if (name === "table") return this.#pane?.onKey(name) ?? false;
    if (this.#journal) return false;
    const target = this.#list.target();
    if (name === "next" || name === "previous") this.#list.move(name === "next" ? 1 : -1);
    else if (["acknowledge", "shelve"].includes(name) && !this.#ui.may("alarms")) return false;
    else if (name === "acknowledge" && target) this.act(target, "acknowledge");
    else if (name === "shelve" && target) this.act(target, "shelve");
    else if (name === "close" && this.#asked.id) this.#ui.go(this.address({ id: "" }));
    else return false;
    return true;
  }
}

/** The page for `/alarms` and `/alarms/{id}`; opening an alarm keeps the list. */
export function show(ui, address) {
  const page = new AlarmsPage(ui, address);
  ui.main.append(page.box);
  return {
    update: (given) => page.update(given),
    onLive: (kind, data, state) => page.onLive(state),
    onTick: (now_ms) => page.onTick(now_ms),
    onTheme: () => page.onTheme(),
    onKey: (name) => page.onKey(name),
  };
}
