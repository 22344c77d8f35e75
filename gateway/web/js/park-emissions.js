// Emissions of today by the hour: a bar for each hour, scope 1 below, scope 2 above; the same as a table.
import { ask } from "./api.js";
import { el } from "./dom.js";
import { atLeast } from "./energy-figures.js";
import { roundUp } from "./scale.js";
import { failed, loading, section } from "./sections.js";

const HOUR_MS = 3600e3;
const NAMED_EVERY = 6;
const DIGITS = 2;

const tonnes = (kg) => Number(kg ?? 0) / 1000;
const totalOf = (hour) => tonnes(hour.total_kg);

const isBound = (hour, name) => hour[name === "total" ? "is_lower_bound" : `${name}_is_lower_bound`];

function sums(hours, { fmt }) {
  const sum = (name) => hours.reduce((sofar, hour) => sofar + tonnes(hour[`${name}_kg`]), 0);
  return ["scope1", "scope2"].map((name) => atLeast(fmt.number(sum(name), 1), hours.some((hour) => isBound(hour, name))));
}

function bar(hour, top, ui) {
  const percent = (kg) => `${(Math.max(0, tonnes(kg)) / top) * 100}%`;
  const span = `${ui.fmt.minute(hour.start_ms)}–${ui.fmt.minute(hour.start_ms + HOUR_MS)}`;
  const value = atLeast(ui.fmt.number(totalOf(hour), DIGITS), hour.is_lower_bound);
  return el(
    "div",
    { class: "day", title: `${span}${ui.words.t("punct.colon")}${value} tCO₂e` },
    el("i", { class: "scope2", vars: { "--v": percent(hour.scope2_kg) } }),
    el("i", { class: "scope1", vars: { "--v": percent(hour.scope1_kg) } }),
  );
}

function bars(hours, ui) {
  const top = roundUp(Math.max(...hours.map(totalOf)));
  const from_ms = ui.fmt.midnight(hours[0].start_ms);
  const count = Math.round((ui.fmt.midnight(hours[0].start_ms, 1) - from_ms) / HOUR_MS); // 23 or 25 where the clock changes
  const known = new Map(hours.map((hour) => [Math.round((hour.start_ms - from_ms) / HOUR_MS), hour]));
  const numbers = Array.from({ length: count }, (_, i) => i);
  const axis = [1, 0.5, 0].map((part) => el("span", {}, ui.fmt.number(top * part, top < 10 ? 1 : 0)));
  const name = (i) => (i % NAMED_EVERY === 0 ? ui.fmt.minute(from_ms + i * HOUR_MS) : "");
  const [one, two] = sums(hours, ui);
  return el(
    "div",
    { class: "days hours", role: "img", "aria-label": ui.words.t("emitted.sentence", { n: hours.length, one, two }) },
    el("div", { class: "days-axis" }, axis),
    el("div", { class: "days-plot" }, numbers.map((i) => (known.has(i) ? bar(known.get(i), top, ui) : el("div", { class: "day" })))),
    el("div", { class: "days-names" }, numbers.map((i) => el("span", {}, name(i)))),
  );
}

function table(hours, ui) {
  const { t } = ui.words;
  const head = ["emitted.hour", "emitted.scope1", "emitted.scope2", "emitted.sum"].map((key, i) =>
    el("th", { scope: "col", class: i ? "n" : "" }, t(key)),
  );
  const cell = (hour, name) => {
    const kg = hour[`${name}_kg`];
    return el("td", { class: "n", title: `${kg} kg` }, atLeast(ui.fmt.number(tonnes(kg), DIGITS), isBound(hour, name)));
  };
  const rows = [...hours].reverse().map((hour) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, ui.fmt.minute(hour.start_ms)),
      ["scope1", "scope2", "total"].map((name) => cell(hour, name)),
    ),
  );
  const node = el("table", {}, el("caption", { class: "hidden-word" }, t("emitted.title")), el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows));
  return el("div", { class: "scroll tall", tabindex: 0, role: "region", "aria-label": t("chart.table") }, node);
}

function legend(hours, ui) {
  const [one, two] = sums(hours, ui);
  const entry = (name, text) => el("span", { class: "chip" }, el("i", { class: `swatch ${name}` }), text);
  const { t } = ui.words;
  return el("p", { class: "note keys" }, entry("scope2", `${t("emitted.two")} ${two}`), entry("scope1", `${t("emitted.one")} ${one}`));
}

/** The section in `box`; `refresh` asks anew. */
export function emissionsToday(box, ui) {
  const { t } = ui.words;
  const body = el("div", {}, loading(ui.words, 5));
  const button = el("button", { class: "link", type: "button", "aria-pressed": "false", onclick: toggle }, t("chart.table"));
  const basis = el("span", { class: "q" });
  box.append(section(t("emitted.title"), { note: "tCO₂e", end: [basis, button] }, body));
  let hours = null;
  let asTable = false;

  function draw() {
    if (!hours) return;
    const shown = hours.filter((hour) => hour.total_kg !== null);
    if (!shown.some((hour) => totalOf(hour) > 0)) body.replaceChildren(el("p", { class: "q empty" }, t("emitted.none")));
    else body.replaceChildren(...(asTable ? [table(shown, ui)] : [bars(shown, ui), legend(shown, ui)]));
  }

  function toggle() {
    asTable = !asTable;
    button.setAttribute("aria-pressed", String(asTable));
    draw();
  }

  async function refresh() {
    try {
      const found = await ask("carbon/hours", ui.signal);
      hours = found.hours;
      basis.textContent = ui.words.family("on", found.basis);
      draw();
    } catch (error) {
      if (!ui.signal.aborted) body.replaceChildren(failed(error, ui.words, refresh));
    }
  }

  refresh();
  return { refresh };
}
