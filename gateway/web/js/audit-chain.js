// Is the audit log what was put down? What the last check said, and the button that checks.
import { send, sentenceOf } from "./api.js";
import { el } from "./dom.js";
import { chip, shape } from "./shapes.js";

const PATIENCE_S = 300;
const FULL = 0.8;

function stateChip({ state, checked_ms: checked, faults }, { words, fmt, live }) {
  const { t } = words;
  if (state === "good") return chip("tick", t("audit.verified", { time: fmt.since(checked, live.now()) }));
  if (state === "broken") return chip("bad", t("audit.broken", { n: faults.length }), "p1");
  return chip("waiting", t("audit.unchecked"));
}

function findings(chain, archives, { words, fmt, live }) {
  const { t } = words;
  const line = (name, tone, text) => el("li", {}, shape(name, tone), el("span", {}, text));
  const said = ({ code, text, first, last, record, time_ns: ns }) => {
    const time = ns === "0" ? "" : fmt.since(Number(ns) / 1e6, live.now());
    const which = last > first ? t("audit.span", { first, last }) : t("audit.one", { first });
    const sentence = words.family("audit_fault", last === 0 && code === "restored" ? "restored_some" : code);
    return sentence === code ? text : sentence.replace("{which}", which).replace("{record}", record).replace("{time}", time);
  };
  const found = chain.faults.map((one) => line("bad", "p1", said(one)));
  found.push(...chain.gaps.map((one) => line("uncertain", "p2", said(one))));
  if (chain.fill >= FULL) found.push(line("uncertain", "p2", t("audit.fill", { n: Math.round(chain.fill * 100) })));
  const last = archives.at(-1);
  if (last) found.push(line("dash", "grey", t("audit.archived", { id: last.upto, time: fmt.since(last.time_ms, live.now()) })));
  return found.length ? el("ul", { class: "findings" }, found) : null;
}

/** The line with the state of the chain; `show` renews it with what a page of entries told. */
export function chainState(ui) {
  const { t } = ui.words;
  const state = el("span", { role: "status" });
  const more = el("span", { class: "q s" });
  const list = el("div");
  let archives = [];
  const verify = el("button", { class: "btn small no-print", type: "button", onclick: () => check() }, t("audit.verify"));
  const node = el("div", { class: "audit-chain" }, el("p", { class: "chain-line" }, state, more, verify), list);

  function show(chain, known = archives) {
    archives = known;
    state.replaceChildren(stateChip(chain, ui));
    more.textContent = chain.state === "unchecked" ? "" : t("audit.checked", { n: chain.entries, count: chain.entries, id: chain.anchored });
    list.replaceChildren(...[findings(chain, archives, ui)].filter(Boolean));
  }

  async function check() {
    verify.disabled = true;
    verify.textContent = t("audit.verifying");
    try {
      show(await send("audit/verify", {}, { patience_s: PATIENCE_S }));
    } catch (error) {
      state.replaceChildren(chip("bad", sentenceOf(error, ui.words), "p2"));
    }
    verify.disabled = false;
    verify.textContent = t("audit.verify");
  }
  return { node, show };
}
