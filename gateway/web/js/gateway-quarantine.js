// What servers refused for good, in a dialog: page by page, with the server's words, as a file, and tried again.
import { ask } from "./api.js";
import { el } from "./dom.js";
import { openDialog } from "./dialogs.js";
import { table } from "./rows.js";
import { failed, loading } from "./sections.js";

const PAGE = 50;

function rowsOf(items, { fmt, live }, again) {
  return items.map((one) => [
    [el("b", {}, one.sink), el("span", { class: "r s under" }, fmt.since(one.first_seen_ms, live.now()))],
    [one.status ? `${one.status} ` : "", one.reason, " ", again(one.sink, one.reason)],
    fmt.number(one.count, 0),
    el("code", { class: "s q under" }, one.line),
  ]);
}

/** Opens the list. */
export async function showQuarantine(ui) {
  const { t } = ui.words;
  const heads = [
    [t("gateway.sink"), ""],
    [t("gateway.reason"), ""],
    [t("quarantine.count"), "n"],
    [t("quarantine.line"), "pl"],
  ];
  const box = el("div");
  const more = el("button", { class: "btn small", type: "button", hidden: true }, t("quarantine.more"));
  const retries = el("span", { class: "tools" });
  const all = [];
  function again(sink, reason) {
    if (!ui.may("configuration")) return null;
    const order = async () => (await import("./gateway-retry.js")).askToRetry(sink, reason, () => fill(0), ui);
    const text = reason === null ? t("quarantine.all_of", { sink }) : t("quarantine.again");
    return el("button", { class: "link", type: "button", onclick: order }, text);
  }
  async function fill(offset) {
    more.disabled = true;
    if (offset === 0) all.length = 0;
    if (offset === 0) box.replaceChildren(loading(ui.words, 4));
    try {
      const { items, next } = await ask(`quarantine?limit=${PAGE}&offset=${offset}`, ui.signal);
      all.push(...items);
      const shown = all.length
        ? table(t("quarantine.title"), heads, rowsOf(all, ui, again))
        : el("p", { class: "q empty" }, t("quarantine.none"));
      box.replaceChildren(shown);
      const sinks = [...new Set(all.map((one) => one.sink))];
      retries.replaceChildren(...sinks.map((sink) => again(sink, null)).filter(Boolean));
      more.hidden = next === null;
      more.onclick = () => fill(next);
    } catch (error) {
      if (!ui.signal.aborted) box.replaceChildren(failed(error, ui.words, () => fill(offset)));
    }
    more.disabled = false;
  }
  const files = ui.may("export")
    ? ["ndjson", "csv"].map((kind) =>
        el("a", { href: `/api/v1/quarantine/file?format=${kind}`, download: true }, kind.toUpperCase()),
      )
    : [];
  const tools = el("div", { class: "tools" }, el("span", { class: "s q" }, t("quarantine.kept")), retries, files);
  const dialog = await openDialog(t("quarantine.title"), t("keys.close"), tools, box, more);
  dialog.classList.add("wide");
  fill(0);
}
