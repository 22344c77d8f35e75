// The meters that people read: what each showed last, and the way to the form.
import { ask } from "./api.js";
import { el } from "./dom.js";
import { decimalText, unitText } from "./energy-figures.js";
import { nameOf } from "./energy-period.js";
import { section } from "./sections.js";

const NBSP = "\u00a0";

async function load(id, { signal }) {
  const query = (names) => new URLSearchParams(names);
  const { items } = await ask(`energy/meters?${query({ enterprise: id })}`, signal);
  const manual = items.filter((meter) => meter.is_manual);
  if (manual.length === 0) return { manual, last: new Map() };
  const readings = await ask(`carbon/records?${query({ enterprise: id, kind: "reading", limit: 200 })}`, signal);
  const last = new Map();
  for (const item of readings.items) {
    const { meter, time } = item.fields;
    const isLiving = item.state === "waiting" || item.state === "approved";
    if (isLiving && !(last.get(meter)?.fields.time >= time)) last.set(meter, item);
  }
  return { manual, last };
}

/** The section in `box`; nothing where no meter is read by people. */
export async function manualMeters(box, id, ui) {
  const { words, signal } = ui;
  const { t } = words;
  let found;
  try {
    found = await load(id, ui);
  } catch {
    return; // the records page says what failed; this is only the way there
  }
  if (signal.aborted || found.manual.length === 0) return;
  const rows = found.manual.map((meter) => {
    const reading = found.last.get(meter.tag);
    const name = words.local(meter.name, meter.tag);
    const told = reading
      ? `${decimalText(reading.fields.value, ui)}${NBSP}${unitText(reading.fields.unit ?? meter.unit)}${words.t("punct.comma")}${nameOf(reading.fields.time.slice(0, 10), ui)} ${reading.fields.time.slice(11, 16)}`
      : t("manual.never");
    const link = ui.may("records") ? el("a", { class: "btn small", href: `/reading?meter=${encodeURIComponent(meter.tag)}` }, t("manual.read")) : "";
    return el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, told, reading?.state === "waiting" ? t("manual.waiting") : ""), el("td", { class: "n no-print" }, link));
  });
  const all = el("a", { href: `/records?enterprise=${encodeURIComponent(id)}` }, t("manual.records"));
  box.replaceChildren(section(t("manual.title"), { end: [all] }, el("table", {}, el("tbody", {}, rows))));
}
