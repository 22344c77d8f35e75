// Devices: can I believe this value? A tree of all known devices and, beside it, the chosen one.
import { ask } from "./api.js";
import { el } from "./dom.js";
import { fillBox } from "./sections.js";
import { createTree } from "./tree.js";

const chosenIn = (address) => decodeURIComponent(address.pathname.split("/")[2] ?? "");

/** Devices by enterprise in the order of the park, each group `{id, name, items}`. */
function groupsOf(devices, park, words) {
  const groups = new Map(
    park.enterprises.map((item) => [item.id, { id: item.id, name: words.local(item.name, item.id), items: [] }]),
  );
  for (const device of devices) {
    const id = device.enterprise ?? "";
    if (!groups.has(id)) groups.set(id, { id, name: id || words.t("nav.park"), items: [] });
    groups.get(id).items.push(device);
  }
  return [...groups.values()].filter((group) => group.items.length > 0);
}

class DevicesPage {
  #ui;
  #tree = null;
  #devices = [];
  #groups = [];
  #pane = el("div", { class: "pane" });
  #side = el("div", { class: "side" });
  #id = ""; // of the chosen device
  #shown = null; // what `showDevice` returned
  #stop = new AbortController();
  #isSought = false;

  constructor(ui, address) {
    this.#ui = ui;
    this.box = el("div", { class: "two" }, this.#side, this.#pane);
    ui.signal.addEventListener("abort", () => this.#stop.abort());
    this.#mark(chosenIn(address));
    ui.title(ui.words.t("nav.devices"));
    fillBox(this.#side, ui.words, ui.signal, () => this.#load(address), 12);
  }

  async #load(address) {
    const { signal, words } = this.#ui;
    const [list, park] = await Promise.all([ask("devices", signal), ask("park", signal)]);
    this.#devices = list.items;
    this.#groups = groupsOf(list.items, park, words);
    this.#tree = createTree(this.#groups, address, this.#ui, () => this.#want());
    this.#choose(address);
    if (this.#isSought) setTimeout(() => this.#tree.onKey("find"));
    return [this.#tree.node];
  }

  #mark(chosen) {
    this.box.classList.toggle("chosen", chosen !== "");
  }

  async #choose(address) {
    const id = chosenIn(address);
    this.#id = id;
    this.#mark(id);
    this.#stop.abort();
    this.#stop = new AbortController();
    const ui = { ...this.#ui, signal: this.#stop.signal };
    this.#shown = null;
    this.#tree.select(id);
    const parts = await (id === "" ? import("./overview.js") : import("./device.js"));
    if (ui.signal.aborted) return;
    if (id === "") parts.showOverview(this.#pane, this.#devices, ui);
    else
      this.#shown = parts.showDevice(this.#pane, id, address, { groups: this.#groups, want: () => this.#want() }, ui);
    this.#want();
  }

  #want() {
    const { points, devices } = this.#shown?.wish() ?? { points: [], devices: [] };
    this.#ui.live.want({ points, devices: [...this.#tree.visible(), ...devices] });
  }

  update(address) {
    if (!this.#tree) return false;
    if (chosenIn(address) !== this.#id) this.#choose(address);
    else this.#shown?.update(address);
    this.#tree.filter(address);
    return true;
  }

  onLive(kind, data, state) {
    this.#tree?.onLive(data.devices ?? {});
    this.#shown?.onLive(data, state);
  }

  onTick(now_ms) {
    this.#shown?.onTick(now_ms);
  }

  onTheme() {
    this.#shown?.onTheme();
  }

  onKey(name) {
    if (!this.#tree && name === "find") return (this.#isSought = true); // the box comes with the tree
    return this.#tree?.onKey(name) || this.#shown?.onKey(name) || false;
  }
}

/** The page for `/devices` and `/devices/{id}`; moving between them keeps the tree. */
export function show(ui, address) {
  const page = new DevicesPage(ui, address);
  ui.main.append(page.box);
  const names = ["update", "onLive", "onTick", "onTheme", "onKey"];
  return Object.fromEntries(names.map((name) => [name, (...given) => page[name](...given)]));
}
