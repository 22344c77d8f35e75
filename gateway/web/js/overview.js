// Devices where none is chosen: how many, and which are not as they should be.
import { el } from "./dom.js";
import { section } from "./sections.js";
import { deviceChip } from "./shapes.js";
import { isAbnormal } from "./tree.js";

/** Fills `pane` with how many devices there are, and every one that is not as it should be. */
export function showOverview(pane, devices, ui) {
  const { words } = ui;
  const { t } = words;
  const count = (state) => devices.filter((device) => device.state === state).length;
  const numbers = t("devices.counts", {
    known: devices.length,
    answering: count("answering"),
    silent: count("silent"),
    waiting: count("waiting"),
    apart: count("not_connected"),
  });
  const rows = devices.filter(isAbnormal).map((device) => {
    const link = el(
      "a",
      { href: `/devices/${encodeURIComponent(device.id)}`, "data-row": true },
      words.local(device.name, device.id),
    );
    const said = device.faults.map((fault) => words.said(fault.message)).join(" ");
    const since = device.since_ms === null ? "" : ui.fmt.since(device.since_ms, ui.live.now());
    return el(
      "tr",
      {},
      el("th", { scope: "row" }, link),
      el("td", {}, deviceChip(device.state, words)),
      el("td", { class: "nw" }, since),
      el("td", {}, said),
    );
  });
  const heads = ["devices.device", "devices.state", "device.since", "devices.says"].map((key) =>
    el("th", { scope: "col" }, t(key)),
  );
  const table = el(
    "div",
    { class: "scroll" },
    el("table", { class: "abnormal" }, el("thead", {}, el("tr", {}, heads)), el("tbody", {}, rows)),
  );
  const body = rows.length ? table : el("p", { class: "q empty" }, t("devices.none_abnormal"));
  ui.title(t("nav.devices"));
  pane.replaceChildren(
    el("div", { class: "headline" }, el("h1", { tabindex: -1 }, t("nav.devices"))),
    el("p", { class: "q lead-line" }, numbers),
    section(t("devices.abnormal"), {}, body),
  );
}
