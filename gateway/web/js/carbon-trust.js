// How far the figures can be trusted, and the instruments behind the market basis.
import { amount, short } from "./carbon-figures.js";
import { withoutBasis } from "./carbon-bases.js";
import { verifyRow } from "./carbon-verify.js";
import { dayText, sentenceText } from "./dates.js";
import { el } from "./dom.js";
import { section } from "./sections.js";
import { chip } from "./shapes.js";

const CRITERIA = 8;

const percent = (text, fmt, digits = 1) => `${fmt.number(Number(text), digits)}\u00a0%`;

function facts(pairs) {
  return el("dl", { class: "kv" }, pairs.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

function bar(trust, words, fmt) {
  const { t } = words;
  const label = t("trust.bar", {
    measured: percent(trust.measured_percent, fmt),
    estimated: percent(trust.estimated_percent, fmt),
    missing: percent(trust.missing_percent, fmt),
  });
  return el(
    "div",
    { class: "shares", role: "img", "aria-label": label },
    el("i", { vars: { "--w": `${trust.measured_percent}%` } }),
    el("i", { class: "est", vars: { "--w": `${trust.estimated_percent}%` } }),
  );
}

/** What is unexplained is a doubt only where all of it is metered: else something without a meter may have used it. */
function verdict(one, { t }) {
  if (one.percent === null) return "";
  if (one.is_beyond_limit === null) return el("span", { class: "q" }, t("trust.not_metered"));
  return one.is_beyond_limit ? chip("uncertain", t("trust.not_explained"), "p2 wrap") : "";
}

function unexplained(trust, words, fmt) {
  const { t } = words;
  if (!trust.unexplained?.length) return t("trust.no_balance");
  const rows = trust.unexplained.map((one) =>
    el(
      "span",
      { title: one.meter },
      `${words.local(one.name, one.meter)}${t("punct.colon")}${one.percent === null ? t("trust.unknown") : percent(one.percent, fmt)} `,
      verdict(one, words),
    ),
  );
  return list(rows, "", words);
}

const SHORT = 3; // lines of a list that are shown at once

/** Texts, one under the other; the rest of a long list opens in place. */
function list(texts, none, words) {
  if (!texts?.length) return el("span", { class: "none" }, none);
  const rows = texts.map((text) => el("span", { class: "under" }, typeof text === "string" ? text.replaceAll("\x60", "") : text));
  if (rows.length <= SHORT) return rows;
  const more = el("summary", { class: "link" }, words.t("trace.more", { n: rows.length - SHORT }));
  return [...rows.slice(0, SHORT), el("details", {}, more, rows.slice(SHORT))];
}

/** The sentences in this language where they are given, each with its basis as the page calls it. */
const fallbacks = ({ trust, bases }, words) =>
  (trust.fallbacks ?? []).map((text) => {
    const said = words.local({ en: text, zh: trust.chinese?.[text] });
    const basis = bases.map((one) => one.basis).find((name) => said.startsWith(name));
    const bare = basis ? withoutBasis(basis, said) : said;
    return bare === said ? said : `${words.family("basis", basis)}${words.t("punct.colon")}${bare}`;
  });

export function trustSection(found, ui) {
  const { words, fmt } = ui;
  const { t } = words;
  const { trust, base_year: base, checkpoint } = found;
  const gaps = trust.gaps?.length ?? 0;
  const rows = [
    [t("trust.measured"), percent(trust.measured_percent, fmt)],
    [t("trust.estimated"), [percent(trust.estimated_percent, fmt), gaps ? `${t("punct.comma")}${t("trust.gaps", { n: gaps, count: gaps })}` : ""].join("")],
    [t("trust.missing"), Number(trust.missing_percent) > 0 ? chip("bad", percent(trust.missing_percent, fmt), "p2") : percent(trust.missing_percent, fmt)],
    [t("trust.uncertainty"), trust.uncertainty_percent ? t("trust.plus_minus", { value: percent(trust.uncertainty_percent, fmt) }) : t("trust.known_for", { value: percent(trust.uncertainty_known_percent ?? "0", fmt) })],
    [t("trust.grade"), trust.grade ? words.family("grade", trust.grade) : t("trust.unknown")],
    [t("trust.unexplained"), unexplained(trust, words, fmt)],
    [t("trust.restatements"), found.restatements?.length ? t("trust.restated", { n: found.restatements.length }) : t("trust.none")],
    [t("trust.base_year"), base ? t("trust.base", { year: base.year, percent: trust.threshold_percent ?? base.threshold_percent ?? "" }) : t("trust.none")],
    [t("trust.exclusions"), list(trust.exclusions?.map((text) => words.said(text).replace("missing data: ", `${t("trust.missing")}${t("punct.colon")}`)), t("trust.none"), words)],
    [t("trust.fallbacks"), list(fallbacks(found, words).map((text) => sentenceText(text, ui)), t("trust.none"), words)],
    [t("trust.pending"), list(trust.pending_factors, t("trust.none"), words)],
  ];
  if (trust.waiting) rows.push([t("trust.waiting"), chip("waiting", t("trust.records", { n: trust.waiting, count: trust.waiting }), "p2")]);
  if (checkpoint) rows.push([t("trust.checkpoint"), [t("trust.size", { n: fmt.number(checkpoint.size, 0) }), " ", el("span", { class: "hash no-print", title: checkpoint.root }, short(checkpoint.root)), el("span", { class: "hash print-only" }, checkpoint.root)]]);
  if (!ui.session.enterprise) rows.push([t("verify.ledger"), verifyRow(ui)]);
  return section(t("trust.title"), {}, bar(trust, words, fmt), facts(rows));
}

function criterion(met, number, words) {
  const name = `${number} ${words.t(`criterion.${number}`)}`;
  if (met === true) return chip("tick", name);
  return met === false ? chip("bad", name, "p2") : chip("uncertain", `${name}${words.t("punct.comma")}${words.t("criterion.disclosed")}`, "p2");
}

export function instrumentsSection(found, ui) {
  const { words, fmt } = ui;
  const { t } = words;
  const here = ({ allocated_here_mwh: claimed, beneficiary }) => Number(claimed ?? 1) > 0 || beneficiary === found.entity.id;
  const items = (found.instruments ?? []).filter(here);
  if (items.length === 0) return section(t("instrument.title"), {}, el("p", { class: "q empty" }, t("instrument.empty")));
  const parts = items.map((one) =>
    facts([
      [t("instrument.kind"), [words.family("instrument", one.kind), " ", el("span", { class: "r" }, short(one.id))]],
      [t("instrument.energy"), amount(one.energy_mwh, "MWh", fmt)],
      [t("instrument.allocated"), t("instrument.of", { allocated: amount(one.allocated_here_mwh ?? one.allocated_mwh, "MWh", fmt), left: amount(one.left_mwh, "MWh", fmt) })],
      [t("instrument.retired"), one.retired_on ? dayText(one.retired_on, ui) : t("instrument.not_retired")],
      [t("instrument.evidence"), list((one.evidence ?? []).map(short), t("trust.none"), words)],
      [t("instrument.criteria"), Array.from({ length: CRITERIA }, (_, i) => el("span", { class: "under" }, criterion(one.criteria?.[i], i + 1, words)))],
    ]),
  );
  return section(t("instrument.title"), {}, parts);
}
