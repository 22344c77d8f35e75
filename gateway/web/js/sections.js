// The states every section may be in: loading, empty, failed.
import { el } from "./dom.js";
import { sentenceOf } from "./api.js";
import { shape } from "./shapes.js";

const QUIET_MS = 300; // a quick answer shows no placeholder at all

/** A rule, a heading, its unit or remark beside it, links or controls at the right end. */
export function section(title, { note = "", end = [], level = "h2", name = "" } = {}, ...content) {
  const remark = note ? el("span", { class: "r s" }, note) : null;
  const tail = end.length ? el("div", { class: "end s" }, end) : null;
  return el(
    "section",
    { class: `sec ${name}`, "aria-label": title },
    el("header", {}, el(level, {}, title), remark, tail),
    ...content,
  );
}

/** Grey bars of the final height, shown only if the answer takes its time. */
export function loading(words, rows = 3) {
  const bars = Array.from({ length: rows }, () => el("div", { class: "bone" }));
  const box = el(
    "div",
    { class: "bones", "aria-busy": "true" },
    el("span", { class: "hidden-word" }, words.t("state.loading")),
    bars,
  );
  box.hidden = true;
  setTimeout(() => (box.hidden = false), QUIET_MS);
  return box;
}

/** What failed, in whose words, and a way to try again; what is not allowed is only said: trying again would not help. */
export function failed(error, words, retry) {
  if (error.status === 403) return el("p", { class: "q empty", role: "alert" }, sentenceOf(error, words));
  const said = el(
    "p",
    { class: "failed" },
    shape("bad", "p2"),
    el("b", { class: "p2" }, words.t("error.title")),
    " ",
    sentenceOf(error, words),
  );
  return el(
    "div",
    { role: "alert" },
    said,
    el("button", { class: "btn", type: "button", onclick: retry }, words.t("error.retry")),
  );
}

/** Fills `box` with what `load` makes; a failure offers to try again. `load` gets no arguments and returns nodes. */
export async function fillBox(box, words, signal, load, rows = 3) {
  box.replaceChildren(loading(words, rows));
  try {
    const nodes = await load();
    if (!signal.aborted) box.replaceChildren(...[nodes].flat());
  } catch (error) {
    if (signal.aborted) return;
    box.replaceChildren(failed(error, words, () => fillBox(box, words, signal, load, rows)));
  }
}
