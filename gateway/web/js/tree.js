// The tree of devices by enterprise: find box, filter of abnormal ones, arrow keys as in the ARIA tree pattern.
import { el, markChanged, setText } from "./dom.js";
import { chip, deviceShape } from "./shapes.js";

const MOST_FOUND = 200; // more than anyone reads; the find box narrows it

/** True for a device that is silent or has something to say. */
export function isAbnormal(device) {
  return device.state === "silent" || device.faults.length > 0;
}

class Tree {
  #groups;
  #ui;
  #changed; // called when other devices came into view
  #devices = new Map();
  #rows = new Map(); // device id -> {item, mark, device}: only those in view
  #open = new Set();
  #find = "";
  #abnormal = false;
  #chosen = "";

  constructor(groups, address, ui, changed) {
    this.#groups = groups;
    this.#ui = ui;
    this.#changed = changed;
    for (const group of groups) for (const device of group.items) this.#devices.set(device.id, device);
    const { t } = ui.words;
    this.input = el("input", {
      type: "search",
      "aria-label": t("devices.find"),
      placeholder: t("devices.find"),
      oninput: () => this.#search(),
    });
    this.button = el("button", { class: "btn", type: "button", onclick: () => this.#toggle() });
    this.list = el("ul", {
      role: "tree",
      "aria-label": t("nav.devices"),
      onkeydown: (event) => this.#key(event),
      onclick: (event) => this.#click(event),
    });
    this.more = el("p", { class: "s r" });
    const heads = el(
      "p",
      { class: "tree-head s r" },
      el("span", {}, t("devices.tree_head")),
      el("span", { class: "end" }, t("devices.answering")),
    );
    const find = el("div", { class: "find", role: "search" }, this.input, this.button);
    this.node = el(
      "nav",
      { class: "tree", "aria-label": t("nav.devices") },
      el("h1", { class: "tree-title", tabindex: -1 }, t("nav.devices")),
      find,
      heads,
      this.list,
      this.more,
    );
    this.filter(address, { quiet: true });
    if (this.#open.size === 0 && groups.length === 1) this.#open.add(groups[0].id);
    this.#draw();
  }

  /** Takes `?open=` and `?state=abnormal` of an address. */
  filter(address, { quiet = false } = {}) {
    const open = address.searchParams.get("open");
    const abnormal = address.searchParams.get("state") === "abnormal";
    if (open) this.#open.add(open);
    const isSame = abnormal === this.#abnormal && !open;
    if (address.pathname === "/devices") this.#abnormal = abnormal;
    if (!quiet && !isSame) this.#redraw();
  }

  /** Marks the chosen device and opens its enterprise. */
  select(id) {
    this.#chosen = id;
    const device = this.#devices.get(id);
    if (device) this.#open.add(device.enterprise ?? "");
    this.#draw();
  }

  visible() {
    return [...this.#rows.keys()];
  }

  onLive(changes) {
    let counts = false;
    for (const [id, change] of Object.entries(changes)) {
      const device = this.#devices.get(id);
      if (!device) continue;
      const before = device.state;
      Object.assign(device, change);
      if (before === device.state) continue;
      counts = true;
      const row = this.#rows.get(id);
      if (!row) continue;
      row.mark.replaceChildren(deviceShape(device.state, this.#ui.words));
      markChanged(row.item.firstChild);
    }
    if (counts) this.#count();
  }

  onKey(name) {
    if (name === "find") this.input.focus();
    else if (name === "next" || name === "previous") this.#move(name === "next" ? 1 : -1);
    else if (name === "abnormal") this.#nextAbnormal();
    else return false;
    return true;
  }

  #count() {
    const n = [...this.#devices.values()].filter(isAbnormal).length;
    setText(this.button, this.#ui.words.t("devices.abnormal_n", { n }));
    this.button.setAttribute("aria-pressed", String(this.#abnormal));
    for (const group of this.#groups) if (group.end) this.#countGroup(group);
  }

  #countGroup(group) {
    const connected = group.items.filter((device) => device.state !== "not_connected").length;
    const answering = group.items.filter((device) => device.state === "answering").length;
    const silent = group.items.filter((device) => device.state === "silent").length;
    setText(group.end, this.#ui.words.t("users.count", { connected: answering, known: connected }));
    const text = silent ? this.#ui.words.t("line.silent", { n: silent }) : "";
    if (group.note.textContent !== text) group.note.replaceChildren(...(silent ? [chip("silent", text, "p2")] : []));
  }

  #search() {
    this.#find = this.input.value.trim().toLowerCase();
    this.#redraw();
  }

  #toggle() {
    this.#abnormal = !this.#abnormal;
    this.#redraw();
  }

  #matches(device) {
    if (this.#abnormal && !isAbnormal(device)) return false;
    if (!this.#find) return true;
    return [device.id, device.name?.en, device.name?.zh, device.address].some((text) =>
      text?.toLowerCase().includes(this.#find),
    );
  }

  #redraw() {
    this.#draw();
    this.#changed();
  }

  #draw() {
    const isFiltered = this.#abnormal || this.#find !== "";
    const focused = document.activeElement?.closest?.("[data-item]")?.dataset.item;
    this.#rows.clear();
    let left = MOST_FOUND;
    let hidden = 0;
    const items = [];
    for (const group of this.#groups) {
      const found = isFiltered ? group.items.filter((device) => this.#matches(device)) : group.items;
      if (isFiltered && found.length === 0) continue;
      const isOpen = isFiltered || this.#open.has(group.id);
      const inView = !isOpen ? [] : isFiltered ? found.slice(0, left) : found;
      if (isFiltered) left -= inView.length;
      hidden += isOpen ? found.length - inView.length : 0;
      items.push(this.#groupItem(group, isOpen, inView));
    }
    this.list.replaceChildren(...items);
    const nothing =
      items.length === 0 ? this.#ui.words.t(this.#find ? "devices.not_found" : "devices.none_abnormal") : "";
    setText(this.more, hidden ? this.#ui.words.t("devices.more", { n: hidden }) : nothing);
    this.#count();
    this.#rove(focused);
  }

  #groupItem(group, isOpen, devices) {
    group.end = el("span", { class: "end" });
    group.note = el("span", { class: "note-chip s" });
    const line = el(
      "div",
      {},
      el("span", { class: "twist", "aria-hidden": true }, isOpen ? "▾" : "▸"),
      el("span", { class: "name" }, group.name),
      group.note,
      group.end,
    );
    const inner = isOpen
      ? el(
          "ul",
          { role: "group" },
          devices.map((device) => this.#deviceItem(device)),
        )
      : null;
    return el(
      "li",
      {
        role: "treeitem",
        "aria-expanded": String(isOpen),
        "data-item": `group ${group.id}`,
        "data-group": group.id,
        tabindex: -1,
      },
      line,
      inner,
    );
  }

  #deviceItem(device) {
    const { words, fmt } = this.#ui;
    const isChosen = device.id === this.#chosen;
    const mark = el("span", { class: "mark" }, deviceShape(device.state, words));
    const power = device.power_kw === null ? "" : `${fmt.number(device.power_kw, 1)}\u00a0kW`;
    const link = el(
      "a",
      { class: "name", href: `/devices/${encodeURIComponent(device.id)}`, tabindex: -1 },
      words.local(device.name, device.id),
    );
    const line = el("div", { class: isChosen ? "sel" : "" }, mark, link, el("span", { class: "end" }, power));
    const item = el(
      "li",
      { role: "treeitem", "data-item": `device ${device.id}`, "aria-current": isChosen ? "page" : null, tabindex: -1 },
      line,
    );
    this.#rows.set(device.id, { item, mark });
    return item;
  }

  // One tab stop for the whole tree; arrows move within it.
  #rove(name) {
    const items = this.#items();
    const at = items.find((item) => item.dataset.item === name);
    const first = at ?? items.find((item) => item.hasAttribute("aria-current")) ?? items[0];
    if (first) first.tabIndex = 0;
    if (at) at.focus();
  }

  #items() {
    return [...this.list.querySelectorAll('[role="treeitem"]')];
  }

  #focus(item) {
    if (!item) return;
    for (const other of this.#items()) other.tabIndex = other === item ? 0 : -1;
    item.focus();
  }

  #move(step) {
    const items = this.#items();
    const at = items.indexOf(document.activeElement);
    this.#focus(
      items[
        at < 0
          ? Math.max(
              0,
              items.findIndex((item) => item.tabIndex === 0),
            )
          : Math.min(items.length - 1, Math.max(0, at + step))
      ],
    );
  }

  #nextAbnormal() {
    const order = this.#groups.flatMap((group) => group.items).filter(isAbnormal);
    if (order.length === 0) return;
    const at = order.findIndex((device) => device.id === this.#chosen);
    this.#ui.go(`/devices/${encodeURIComponent(order[(at + 1) % order.length].id)}`);
  }

  #expand(group, isOpen) {
    if (isOpen) this.#open.add(group);
    else this.#open.delete(group);
    this.#redraw();
  }

  #click(event) {
    const item = event.target.closest('[role="treeitem"]');
    if (!item || event.target.closest("a")) return;
    if (item.dataset.group !== undefined)
      this.#expand(item.dataset.group, item.getAttribute("aria-expanded") === "false");
    else item.querySelector("a").click();
  }

  #key(event) {
    const item = event.target.closest('[role="treeitem"]');
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const { group } = item.dataset;
    const isOpen = item.getAttribute("aria-expanded") === "true";
    const actions = {
      ArrowDown: () => this.#move(1),
      ArrowUp: () => this.#move(-1),
      Home: () => this.#focus(this.#items()[0]),
      End: () => this.#focus(this.#items().at(-1)),
      ArrowRight: () => (group === undefined ? null : isOpen ? this.#move(1) : this.#expand(group, true)),
      ArrowLeft: () =>
        group === undefined ? this.#focus(item.parentElement.closest('[role="treeitem"]')) : this.#expand(group, false),
      Enter: () => (group === undefined ? item.querySelector("a").click() : this.#expand(group, !isOpen)),
      " ": () => actions.Enter(),
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    actions[event.key]();
  }
}

/** The tree of `groups`; `changed` is called when other devices came into view. */
export function createTree(groups, address, ui, changed) {
  return new Tree(groups, address, ui, changed);
}
