// Setup, step 2: the profile of the product, and where the device is: a connection and its address there.
import { ask } from "./api.js";
import { el } from "./dom.js";
import { table } from "./rows.js";
import { fillBox } from "./sections.js";
import { NEW } from "./setup-draft.js";
import { createFields } from "./setup-fields.js";

const QUIET_MS = 250;
const SERIAL = ["rtu", "ascii"];
const TRANSPORTS = ["tcp", "rtu", "rtu-over-tcp", "udp", "ascii"];
const ORDERS = ["", "ABCD", "CDAB", "BADC", "DCBA"];

/** The profile of this name, null where there is none. */
export async function profileOf(name, signal) {
  if (!name) return null;
  const { items } = await ask(`profiles?${new URLSearchParams({ search: name, limit: 200 })}`, signal);
  return items.find((one) => one.profile === name) ?? null;
}

function addressText({ address }, driver) {
  if (driver !== "modbus") return Object.values(address).join(" ");
  const { table: place = "holding", address: at, type, order } = address;
  return [place, at, type, order].filter((part) => part !== undefined).join(" ");
}

function pointsOf(profile, { words }) {
  const { t } = words;
  const heads = [[t("setup.point"), ""], [t("setup.unit_of"), ""], [t("setup.where"), ""]];
  const rows = profile.points.map((point) => [words.local(point.name, point.point), point.unit || "–", el("code", {}, addressText(point, profile.driver))]);
  return el("details", {}, el("summary", {}, t("setup.points", { n: profile.points.length })), el("div", { class: "scroll" }, table(t("setup.point"), heads, rows)));
}

/** The search for a profile; `pick` is called with the one that was chosen. */
function createSearch(state, ui, pick) {
  const { words, signal } = ui;
  const { t, local } = words;
  const list = el("div", { class: "choice", role: "group", "aria-label": t("setup.find_profile") });
  let timer = 0;
  let turn = 0;
  const find = el("input", { type: "search", "aria-label": t("setup.find_profile"), placeholder: t("setup.find_profile"), oninput: soon });
  function soon() {
    clearTimeout(timer);
    timer = setTimeout(run, QUIET_MS);
  }
  async function run() {
    const mine = (turn += 1);
    const load = async () => {
      const { items, total } = await ask(`profiles?${new URLSearchParams({ search: find.value, limit: 12 })}`, signal);
      const rows = items.map((one) =>
        el(
          "button",
          { type: "button", class: "pick", "data-row": true, "aria-pressed": String(one.profile === state.profile), onclick: () => pick(one) },
          el("b", {}, local(one.name, one.profile)),
          el("span", { class: "s q" }, `${one.profile}, ${words.family("driver", one.driver)}, ${t("setup.n_points", { n: one.points.length })}`),
        ),
      );
      const note = total > rows.length ? t("setup.more", { n: total - rows.length }) : rows.length ? "" : t("setup.no_profile");
      return [...rows, ...(note ? [el("p", { class: "s q" }, note)] : [])];
    };
    if (mine === turn) await fillBox(list, words, signal, load, 4);
  }
  run();
  return [find, list];
}

function newConnection(fields, state, driver, { words }) {
  const { t } = words;
  state.c_driver = driver;
  fields.text("c_name", "connection.name", t("setup.c_name"), { hint: t("setup.c_name_hint") });
  if (driver === "mqtt") {
    fields.text("c_host", "connection.host", t("setup.c_host"));
    fields.text("c_port", "connection.port", t("setup.c_port"), { inputmode: "numeric", hint: "1883" });
    fields.text("c_topics", "connection.topics", t("setup.c_topics"), { hint: "park/{enterprise}/{device}/telemetry" });
    return;
  }
  fields.select("c_transport", "connection.transport", t("setup.c_transport"), TRANSPORTS.map((one) => [one, t(`transport.${one}`)]));
  if (SERIAL.includes(state.c_transport)) {
    fields.text("c_device", "connection.device", t("setup.c_device"), { hint: "/dev/ttyUSB0" });
    fields.text("c_baudrate", "connection.baudrate", t("setup.c_baudrate"), { inputmode: "numeric", hint: "9600" });
    fields.select("c_parity", "connection.parity", t("setup.c_parity"), ["N", "E", "O"].map((one) => [one, t(`parity.${one}`)]));
    fields.select("c_stopbits", "connection.stopbits", t("setup.c_stopbits"), [["1", "1"], ["2", "2"]]);
  } else {
    fields.text("c_host", "connection.host", t("setup.c_host"));
    fields.text("c_port", "connection.port", t("setup.c_port"), { inputmode: "numeric", hint: "502" });
  }
}

function addressFields(state, profile, sources, ui, redraw) {
  const { t } = ui.words;
  const fields = createFields(state, ui, (key) => (key === "connection" || key === "c_transport") && redraw());
  const own = sources.filter((one) => one.driver === profile.driver);
  const options = own.map((one) => [one.name, `${one.name}, ${one.address}`]);
  fields.select("connection", "device.connection", t("setup.connection"), [...(state.connection ? [] : [["", t("setup.choose")]]), ...options, [NEW, t("setup.new_connection")]]);
  if (state.connection === NEW) newConnection(fields, state, profile.driver, ui);
  if (profile.driver === "modbus") {
    fields.text("unit", "device.unit", t("setup.unit"), { inputmode: "numeric", hint: t("setup.unit_hint") });
    fields.select("order", "device.points", t("setup.order"), ORDERS.map((one) => [one, one || t("setup.order_profile")]), t("setup.order_hint"));
  } else fields.text("topic_id", "device.topic_id", t("setup.topic_id"), { hint: t("setup.topic_id_hint") });
  return fields;
}

/** The step; `next()` goes on. */
export function profileStep(state, errors, ui, { next, back, redraw }) {
  const { words, signal } = ui;
  const { t } = words;
  const box = el("div");
  const load = async () => {
    const [profile, { sources }] = await Promise.all([profileOf(state.profile, signal), ask("status", signal)]);
    const before = el("button", { class: "btn", type: "button", onclick: back }, t("setup.back"));
    if (!profile) {
      const said = errors.filter((one) => one.field === "device.profile").map((one) => el("p", { class: "wrong" }, words.both(one.message, one.hint)));
      return [...createSearch(state, ui, (one) => redraw({ profile: one.profile, connection: "" })), ...said, el("div", { class: "actions" }, before)];
    }
    const fields = addressFields(state, profile, sources, ui, () => redraw({ ...state }));
    const rest = el("div", { role: "alert" });
    const other = el("button", { class: "btn small", type: "button", onclick: () => redraw({ profile: "", order: "" }) }, t("setup.other_profile"));
    const submit = (event) => {
      event.preventDefault();
      next();
    };
    requestAnimationFrame(() => rest.replaceChildren(...fields.show(errors).map((text) => el("p", { class: "wrong" }, text))));
    return [
      el("p", { class: "chosen" }, el("b", {}, words.local(profile.name, profile.profile)), ` ${profile.profile} `, other),
      profile.notes ? el("p", { class: "s q" }, words.said(profile.notes)) : "",
      pointsOf(profile, ui),
      el("form", { class: "record-form", novalidate: true, onsubmit: submit }, fields.node, rest, el("div", { class: "actions" }, el("button", { class: "btn go", type: "submit" }, t("setup.test")), before)),
    ];
  };
  fillBox(box, words, signal, load, 6);
  return box;
}
