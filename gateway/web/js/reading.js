// A meter reading by one hand: the meter, a large number, what it gives, a photo, send.
import { ask, send, sentenceOf } from "./api.js";
import { el, setText } from "./dom.js";
import { decimalText, unitText } from "./energy-figures.js";
import { nameOf } from "./energy-period.js";
import { smallPhoto } from "./photo.js";
import { labelled } from "./records-fields.js";
import { plausibleRows } from "./records-plausible.js";
import { freshKey, sendRecord, showErrors } from "./records-send.js";
import { failed, loading } from "./sections.js";
import { chip } from "./shapes.js";

const QUIET_MS = 400; // after the last key, before the gateway is asked what the reading would give
const NBSP = "\u00a0";
const LIVING = ["waiting", "approved"];

async function load({ signal }) {
  const query = new URLSearchParams({ kind: "reading", limit: 200 });
  const [meters, readings] = await Promise.all([ask("energy/meters", signal), ask(`carbon/records?${query}`, signal)]);
  const read = (one) => (one.is_manual ? 0 : 1); // those that people read come first
  const last = new Map();
  for (const { state, fields } of readings.items)
    if (LIVING.includes(state) && !(last.get(fields.meter)?.time >= fields.time)) last.set(fields.meter, fields);
  return { meters: meters.items.filter((one) => !one.is_virtual).sort((a, b) => read(a) - read(b)), last };
}

function siteTime({ live, fmt }) {
  const now_ms = live.now();
  return new Date(now_ms + fmt.offset(now_ms)).toISOString().slice(0, 16);
}

/** The photo: a large button, then the picture. `file()` is what will be sent. */
function createPhoto({ words: { t } }) {
  let chosen = null;
  const input = el("input", { type: "file", accept: "image/*", capture: "environment", class: "shot" });
  const field = labelled(t("reading.photo"), input, { words: { t } });
  const shown = el("div", { class: "shown" });
  input.addEventListener("change", async () => {
    const [file] = input.files;
    chosen = null;
    shown.replaceChildren();
    if (!file) return;
    const small = await smallPhoto(file);
    if (input.files[0] !== file) return; // another one was taken meanwhile
    chosen = small.file;
    if (!small.canvas) return shown.replaceChildren(el("p", { class: "s q" }, file.name));
    small.canvas.setAttribute("role", "img");
    small.canvas.setAttribute("aria-label", t("reading.photo_taken"));
    shown.replaceChildren(small.canvas);
  });
  return { ...field, name: "evidence", node: el("div", { class: "photo" }, field.node, shown), file: () => chosen };
}

/** Now, unless somebody says another time. */
function createTime(ui) {
  const { t } = ui.words;
  const input = el("input", { type: "datetime-local", value: "" });
  const field = labelled(t("reading.time"), input, { words: ui.words });
  field.node.hidden = true;
  const other = el("button", { class: "link", type: "button" }, t("reading.other_time"));
  const now = el("p", { class: "q now" }, el("span", {}, t("reading.now")), " ", other);
  other.addEventListener("click", () => {
    now.hidden = true;
    field.node.hidden = false;
    input.value = siteTime(ui);
    input.focus();
  });
  return { ...field, name: "time", nodes: [now, field.node], read: () => (input.value || siteTime(ui)).replace("T", " ") };
}

/** What the reading would give, a moment after the last key; nothing is kept. */
function createCheck(documentOf, ui) {
  const box = el("div", { class: "check-box", "aria-live": "polite" });
  let timer = 0;
  let turn = 0;
  async function run() {
    const document = documentOf();
    const mine = (turn += 1);
    const show = (...nodes) => mine === turn && !ui.signal.aborted && box.replaceChildren(...nodes);
    if (!document.meter || !document.value) return show();
    try {
      const found = await send("carbon/rehearsals", document);
      show(...plausibleRows(found.plausibility, ui));
    } catch (error) {
      show(el("p", { class: "s q" }, sentenceOf(error, ui.words)));
    }
  }
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(run, QUIET_MS);
  };
  return { box, soon };
}

function lastText(meter, last, ui) {
  const { t } = ui.words;
  const reading = meter && last.get(meter.tag);
  if (!meter) return "";
  if (!reading) return t("reading.first");
  const unit = unitText(reading.unit ?? meter.unit);
  const when = `${nameOf(reading.time.slice(0, 10), ui)} ${reading.time.slice(11, 16)}`;
  return t("reading.last", { value: `${decimalText(reading.value, ui)}${NBSP}${unit}`, time: when });
}

function createForm({ meters, last }, wanted, ui, done) {
  const { words, session } = ui;
  const { t, local } = words;
  const chosen = meters.find((one) => one.tag === wanted.meter) ?? meters.find((one) => one.tag.startsWith(`${wanted.device}.`));
  const options = meters.map((one) => el("option", { value: one.tag, selected: one === chosen }, local(one.name, one.tag)));
  const select = el("select", {}, el("option", { value: "" }, t("form.choose")), options);
  const meter = { ...labelled(t("field.meter"), select, { words }), name: "meter" };
  const number = el("input", { type: "text", inputmode: "decimal", class: "big", autocomplete: "off", enterkeyhint: "send" });
  const value = { ...labelled(t("field.value"), number, { words }), name: "value" };
  const unit = el("span", { class: "unit" });
  const before = el("p", { class: "q" });
  const photo = createPhoto(ui);
  const time = createTime(ui);
  const summary = el("div", { role: "alert" });
  const button = el("button", { class: "btn go", type: "submit" }, t("reading.send"));
  const again = el("button", { class: "btn", type: "button", hidden: true, onclick: () => submit(true) }, t("form.force"));
  const fields = [meter, value, photo, time];
  let key = null;
  let isBusy = false;
  number.after(unit);

  const documentOf = () => ({ kind: "reading", by: session.name, meter: select.value, time: time.read(), value: number.value.trim() });
  const check = createCheck(documentOf, ui);

  function showMeter() {
    const found = meters.find((one) => one.tag === select.value);
    setText(unit, found ? unitText(found.unit) : "");
    setText(before, lastText(found, last, ui));
  }

  async function submit(isForced) {
    if (isBusy) return;
    isBusy = button.disabled = true;
    button.textContent = t("form.sending");
    summary.replaceChildren();
    again.hidden = true;
    fields.forEach((field) => field.wrong(""));
    key ??= freshKey(); // the same for a retry: an answer that was lost makes no second record
    try {
      const document = isForced ? { ...documentOf(), force: true } : documentOf();
      const file = photo.file();
      done(await sendRecord("carbon/records", "record", document, file ? [["file", file]] : [], key));
    } catch (error) {
      showErrors(error, fields, summary, words);
      again.hidden = !(error.status === 409 && error.hint?.includes("force"));
      if (error.status !== 0) key = null;
    } finally {
      isBusy = button.disabled = false;
      button.textContent = t("reading.send");
    }
  }

  select.addEventListener("change", showMeter);
  showMeter();
  return el(
    "form",
    {
      class: "record-form reading",
      novalidate: true,
      onsubmit: (event) => {
        event.preventDefault();
        submit(false);
      },
      oninput: () => {
        key = null;
        check.soon();
      },
    },
    meter.node,
    before,
    value.node,
    check.box,
    photo.node,
    ...time.nodes,
    summary,
    el("div", { class: "actions" }, button, again),
  );
}

/** The page for `/reading`; `?meter=` a tag or `?device=` chooses the meter. */
export function show(ui, { searchParams }) {
  const { words, signal, main } = ui;
  const { t } = words;
  const box = el("div", { class: "reading-box" });
  let data = null;
  ui.title(t("reading.title"));
  ui.live.want({});
  main.append(el("div", { class: "headline" }, el("h1", { tabindex: -1 }, t("reading.title"))), box);

  function taken(record) {
    const links = [
      el("a", { class: "btn go", href: "/reading", onclick: again }, t("reading.next")),
      el("a", { class: "btn", href: `/records?open=${encodeURIComponent(record.id)}` }, t("reading.open")),
    ];
    const id = el("code", { class: "whole" }, record.id);
    const said = el("p", { class: "result", tabindex: -1 }, chip("tick", t("form.taken")));
    box.replaceChildren(said, el("p", {}, t("detail.id"), " ", id), el("div", { class: "actions" }, links));
    said.focus();
  }

  function again(event) {
    event.preventDefault();
    data = null;
    begin({});
  }

  async function begin(wanted) {
    box.replaceChildren(loading(words, 5));
    try {
      data ??= await load(ui);
      if (signal.aborted) return;
      const nodes = data.meters.length ? createForm(data, wanted, ui, taken) : el("p", { class: "q empty" }, t("reading.no_meter"));
      box.replaceChildren(nodes);
    } catch (error) {
      if (!signal.aborted) box.replaceChildren(failed(error, words, () => begin(wanted)));
    }
  }

  begin({ meter: searchParams.get("meter"), device: searchParams.get("device") });
  return {};
}
