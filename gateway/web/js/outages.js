// Outages as a table. Loaded where it is shown.
import { el } from "./dom.js";

/** The table of outages; `names`: device id to the name it is shown with, null where all are of one device. */
export function outagesTable(outages, names, { words, fmt, live }) {
  const { t } = words;
  const now_ms = live.now();
  const heads = [
    names ? ["conn.equipment", ""] : null,
    ["conn.from", ""],
    ["conn.lasted", "n"],
    ["conn.reason", "pl"],
  ].filter(Boolean);
  const rows = outages.map(({ device, from_ms, to_ms, reason, message }) => {
    const age = fmt.age(((to_ms ?? now_ms) - from_ms) / 1000);
    const lasted = to_ms === null ? `${age}${t("punct.comma")}${t("conn.goes_on")}` : age;
    const why = [words.family("reason", reason), message ? el("span", { class: "s q under" }, words.said(message)) : ""];
    const link = names
      ? el("a", { href: `/devices/${encodeURIComponent(device)}` }, names.get(device) ?? device)
      : null;
    const cells = [
      [fmt.since(from_ms, now_ms), "nw"],
      [lasted, "n"],
      [why, "pl"],
    ];
    return el(
      "tr",
      {},
      link ? el("th", { scope: "row" }, link) : null,
      cells.map(([node, kind], i) => el("td", { class: kind, "data-l": t(heads.at(i - 3)[0]) }, node)),
    );
  });
  const head = heads.map(([key, kind]) => el("th", { scope: "col", class: kind }, t(key)));
  return el("table", { class: "cards outages" }, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows));
}
