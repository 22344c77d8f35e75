// Is the ledger what was written? The gateway recomputes every hash, signature and file when it is asked.
import { send, sentenceOf } from "./api.js";
import { short } from "./carbon-figures.js";
import { el } from "./dom.js";
import { chip } from "./shapes.js";

const PATIENCE_S = 300;

function verdict(found, ui) {
  const { t } = ui.words;
  const time = ui.fmt.since(found.verified_ms, ui.live.now());
  if (!found.is_good) {
    const said = found.faults.map((fault) => el("li", {}, fault.seq ? t("verify.entry", { n: fault.seq }) : "", ui.words.said(fault.message)));
    return [chip("bad", t("verify.broken", { n: found.faults.length, count: found.faults.length }), "p1"), el("ul", { class: "names" }, said)];
  }
  const size = t("verify.what", {
    records: ui.fmt.number(found.records, 0),
    rows: ui.fmt.number(found.interval_rows, 0),
    files: ui.fmt.number(found.evidence_files, 0),
    audit: ui.fmt.number(found.audit_entries, 0),
  });
  const signed = found.signed.time ? t("verify.signed", { time: ui.fmt.since(Date.parse(found.signed.time), ui.live.now()), n: ui.fmt.number(found.signed.records, 0) }) : t("verify.unsigned");
  return [
    chip("tick", t("verify.good", { time })),
    el("span", { class: "under" }, size),
    el("span", { class: "under" }, signed, " ", el("span", { class: "hash", title: found.root }, short(found.root))),
  ];
}

/** State of the ledger and *Verify*: not checked yet, being checked, verified at a time, or what was changed. */
export function verifyRow(ui) {
  const { t } = ui.words;
  const state = el("div", { "aria-live": "polite" }, chip("waiting", t("verify.not_yet")));
  const button = el("button", { class: "btn small no-print", type: "button", onclick: check }, t("verify.do"));

  async function check() {
    button.disabled = true;
    button.textContent = t("verify.doing");
    try {
      state.replaceChildren(...verdict(await send("carbon/ledger/verify", {}, { patience_s: PATIENCE_S }), ui));
    } catch (error) {
      state.replaceChildren(chip("bad", sentenceOf(error, ui.words), "p2"));
    } finally {
      button.disabled = false;
      button.textContent = t("verify.do");
    }
  }

  return el("div", { class: "verify" }, state, button);
}
