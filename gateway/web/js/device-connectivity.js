// The connectivity of one device: its sentence, the rate of today, the last 24 hours, its outages on demand.
import { ask } from "./api.js";
import { barLegend, dayBar, reasonsText } from "./connectivity.js";
import { el, every } from "./dom.js";
import { rateText } from "./rate.js";
import { fillBox, section } from "./sections.js";

const ASK_AGAIN_S = 60;

function outages(list, isOpen, ui) {
  const { t } = ui.words;
  if (list.length === 0) return el("p", { class: "q s" }, t("conn.no_outage_31"));
  const summary = el("summary", { class: "s" }, t("conn.outages_n", { n: list.length }));
  const table = el("div");
  const fill = async () => {
    if (!details.open || table.hasChildNodes()) return;
    const [{ outagesTable }] = await Promise.all([import("./outages.js"), ui.words.add("outages")]);
    table.replaceChildren(outagesTable(list, null, ui));
  };
  const details = el("details", { open: isOpen, ontoggle: fill }, summary, table);
  return details;
}

function draw(found, isOpen, ui) {
  const { words, fmt } = ui;
  const { t } = words;
  const sentence = words.local(found.sentence);
  const amount = t("conn.samples", { received: fmt.number(found.good, 0), expected: fmt.number(found.expected, 0) });
  const why = reasonsText(found.reasons, ui);
  const rate = el(
    "p",
    { class: "rate" },
    el("b", {}, rateText(found.rate, fmt)),
    el("span", { class: "q s" }, `${t("conn.rate_day")}${t("punct.comma")}${amount}`),
  );
  return [
    sentence ? el("p", {}, sentence) : "",
    found.expected ? rate : "",
    found.hours.length
      ? el("div", { class: "bar-box" }, dayBar(found.hours, found.rate, ui), barLegend(found.gateway_down_s, ui))
      : "",
    why ? el("p", { class: "q s" }, why) : "",
    outages(found.outages, isOpen, ui),
  ];
}

/** The section of the device `id`, asked anew every minute. */
export function createConnectivity(id, ui) {
  const body = el("div", { class: "connectivity" });
  const load = async () => {
    const found = await ask(`connectivity/devices/${encodeURIComponent(id)}`, ui.signal);
    return draw(found, body.querySelector("details")?.open ?? false, ui);
  };
  fillBox(body, ui.words, ui.signal, load, 4);
  const again = async () => {
    try {
      const nodes = await load();
      if (!ui.signal.aborted) body.replaceChildren(...nodes);
    } catch {
      // the last known stays
    }
  };
  every(ASK_AGAIN_S, again, ui.signal);
  return section(ui.words.t("conn.title"), {}, body);
}
