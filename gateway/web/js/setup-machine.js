// Setup, step 1: which machine it is. One that is known and not connected, or a new one.
import { ask } from "./api.js";
import { el } from "./dom.js";
import { fillBox } from "./sections.js";
import { createFields } from "./setup-fields.js";
import { deviceChip } from "./shapes.js";

const SHOWN = 12;
const ROLES = ["", "grid", "pv", "main", "sub"];

/** The devices that could be connected, found by name, id or enterprise. */
function createChoice(devices, nameOf, state, ui, choose) {
  const { t, local } = ui.words;
  const list = el("div", { class: "choice", role: "group", "aria-label": t("setup.step_machine") });
  const find = el("input", { type: "search", "aria-label": t("setup.find"), placeholder: t("setup.find"), oninput: () => draw() });
  function draw() {
    const parts = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const text = (one) => `${one.id} ${local(one.name)} ${one.enterprise} ${nameOf(one.enterprise)}`.toLowerCase();
    const found = devices.filter((one) => parts.every((part) => text(one).includes(part)));
    const rows = found.slice(0, SHOWN).map((one) =>
      el(
        "button",
        { type: "button", class: "pick", "data-row": true, "aria-pressed": String(one.id === state.device), onclick: () => choose(one) },
        el("b", {}, local(one.name, one.id)),
        el("span", { class: "s q" }, [one.id, nameOf(one.enterprise)].filter(Boolean).join(t("punct.comma"))),
      ),
    );
    const more = found.length - rows.length;
    const note = found.length ? (more > 0 ? t("setup.more", { n: more }) : "") : t("setup.none_found");
    list.replaceChildren(...rows, ...(note ? [el("p", { class: "s q" }, note)] : []));
  }
  draw();
  return [find, list];
}

function fieldsOf(state, enterprises, isNew, ui) {
  const { t, local } = ui.words;
  const fields = createFields(state, ui);
  if (isNew) fields.text("device", "device.id", t("setup.id"), { hint: t("setup.id_hint") });
  fields.text("en", "device.name", t("setup.name_en"));
  fields.text("zh", "device.name.zh", t("setup.name_zh"));
  fields.select("enterprise", "device.enterprise", t("setup.enterprise"), [
    ["", t("setup.choose")],
    ...enterprises.map((one) => [one.id, local(one.name, one.id)]),
  ]);
  fields.text("kind", "device.kind", t("setup.kind"), { hint: t("setup.kind_hint") });
  fields.select("role", "device.role", t("setup.role"), ROLES.map((role) => [role, t(`meter_role.${role || "none"}`)]));
  return fields;
}

/** What stands in the files about a device, into the draft. */
async function takeEntry(state, id, signal) {
  const { device } = await ask(`commissioning/devices/${encodeURIComponent(id)}`, signal);
  const name = typeof device.name === "object" ? device.name : { en: device.name ?? "", zh: device.name ?? "" };
  const connection = device.connection === "none" ? "" : (device.connection ?? "");
  Object.assign(state, { device: id, new: "", en: name.en ?? "", zh: name.zh ?? "", connection });
  for (const key of ["enterprise", "kind", "role", "profile", "unit", "topic_id"]) state[key] = String(device[key] ?? "");
}

/** The step; `next()` goes on. */
export function machineStep(state, errors, ui, { next, skip, redraw }) {
  const { words, signal } = ui;
  const { t } = words;
  const box = el("div");
  const load = async () => {
    const [{ items }, park] = await Promise.all([ask("devices", signal), ask("park", signal)]);
    const chosen = items.find((one) => one.id === state.device && !state.new);
    if (chosen && !state.enterprise) await takeEntry(state, chosen.id, signal);
    if (!chosen && !state.new) {
      const deaf = items.filter((one) => one.state === "not_connected");
      const choose = async (one) => {
        await takeEntry(state, one.id, signal);
        redraw();
      };
      const nameOf = (id) => words.local(park.enterprises.find((one) => one.id === id)?.name, id ?? "");
      const fresh = el("button", { class: "btn", type: "button", onclick: () => redraw({ new: "1", device: "" }) }, t("setup.new"));
      return [el("p", { class: "q" }, t("setup.deaf", { n: deaf.length })), ...createChoice(deaf, nameOf, state, ui, choose), el("div", { class: "actions" }, fresh)];
    }
    const fields = fieldsOf(state, park.enterprises, Boolean(state.new), ui);
    const other = el("button", { class: "btn", type: "button", onclick: () => redraw({ new: "", device: "", enterprise: "" }) }, t("setup.other"));
    const lines = el("button", { class: "btn", type: "button", onclick: skip }, t("setup.skip"));
    const on = el("button", { class: "btn go", type: "submit" }, t("setup.next"));
    const head = chosen ? el("p", { class: "chosen" }, el("b", {}, words.local(chosen.name, chosen.id)), ` ${chosen.id} `, deviceChip(chosen.state, words)) : null;
    const submit = (event) => {
      event.preventDefault();
      next();
    };
    const rest = el("div", { role: "alert" });
    const form = el("form", { class: "record-form", novalidate: true, onsubmit: submit }, head, fields.node, rest, el("div", { class: "actions" }, on, lines, other));
    requestAnimationFrame(() => rest.replaceChildren(...fields.show(errors).map((text) => el("p", { class: "wrong" }, text))));
    return [form];
  };
  fillBox(box, words, signal, load, 6);
  return box;
}
