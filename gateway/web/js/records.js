// Records: what people state for the accounts; add, import, approve. Those that wait come first.
import { ask, sentenceOf } from "./api.js";
import { el } from "./dom.js";
import { fileLink } from "./file-link.js";
import { recordsTable } from "./records-list.js";
import { failed, loading, section } from "./sections.js";

const PAGE = 200;
const FORMS = [
  "reading", "delivery", "invoice", "stock_balance", "refrigerant_balance", "vehicle_fuel", "process", "heat", "denominator", "meter_event", "correction", "instrument", "allocation", "cems", "factor",
];

const viewOf = ({ searchParams }) => Object.fromEntries(["add", "import", "open", "enterprise", "meter", "source", "supersedes"].map((name) => [name, searchParams.get(name) ?? ""]));

/** An address of this page: the enterprise stays chosen. */
function addressOf(view, names = {}) {
  const query = new URLSearchParams(Object.entries({ enterprise: view.enterprise, ...names }).filter(([, text]) => text));
  return query.size ? `/records?${query}` : "/records";
}

function headline(view, { words, go, may }) {
  const { t } = words;
  const kinds = FORMS.filter((kind) => kind !== "reading").map((kind) => el("option", { value: kind }, words.family("kind", kind)));
  const add = (event) => event.target.value && go(addressOf(view, { add: event.target.value }));
  const head = [el("h1", { tabindex: -1 }, t("nav.records")), el("span", { class: "q waiting", "aria-live": "polite" })];
  if (!may("records")) return head;
  return [
    ...head,
    el(
      "span",
      { class: "choose no-print" },
      el("a", { class: "btn go", href: addressOf(view, { add: "reading" }) }, t("add.reading")),
      el("select", { "aria-label": t("add.other"), onchange: add }, el("option", { value: "" }, t("add.other")), kinds),
      el("a", { class: "btn", href: addressOf(view, { import: "reading" }) }, t("add.import")),
    ),
  ];
}

/** Waiting records first, then the newest; `before` goes on from a page's end. */
async function loadList(view, signal, before = 0) {
  const query = (more) => new URLSearchParams(Object.entries({ enterprise: view.enterprise, ...more }).filter(([, value]) => value));
  const [waiting, all] = await Promise.all([
    before ? { items: [] } : ask(`carbon/records?${query({ state: "waiting", limit: PAGE })}`, signal),
    ask(`carbon/records?${query({ limit: PAGE, before })}`, signal),
  ]);
  const ids = new Set(waiting.items.map((item) => item.id));
  const rest = all.items.filter((item) => !ids.has(item.id) && (!before || item.state !== "waiting"));
  return { items: [...waiting.items, ...rest], waiting: all.waiting, next: all.next_before };
}

/** The page for `/records`; `?add=`, `?import=` a kind, `?open=` a record. */
export function show(ui, address) {
  const { words, signal, main, go } = ui;
  const { t } = words;
  let view = viewOf(address);
  let turn = 0;
  let known = null; // names of meters, sources, enterprises
  let listed = { items: [], waiting: 0, next: null };
  const head = el("div", { class: "headline" });
  const pane = el("div", { class: "c5 pane" });
  const list = el("div", { class: "c7 list" });
  ui.title(t("nav.records"));
  ui.live.want({});
  head.append(...headline(view, ui));
  main.append(head, el("div", { class: "grid records-grid" }, list, pane));

  const names = async () => {
    if (known) return known;
    const { loadKnown } = await import("./records-form.js");
    known = await loadKnown(ui);
    return known;
  };

  function draw() {
    const open = (id) => addressOf(view, { open: id });
    const more = listed.next ? el("button", { class: "btn", type: "button", onclick: goOn }, t("list.more")) : null;
    const query = new URLSearchParams({ format: "csv", limit: "1000", ...(view.enterprise ? { enterprise: view.enterprise } : {}) });
    const end = [fileLink(ui, `/api/v1/carbon/records?${query}`, "CSV")];
    const own = view.enterprise || ui.session.enterprise; // an enterprise sees its own only
    const whose = own ? (known.enterprise.find((one) => one.key === own)?.name ?? own) : t("list.all");
    if (view.enterprise) end.unshift(el("a", { href: "/records" }, t("list.all")));
    list.replaceChildren(section(t("list.title"), { note: whose, end }, recordsTable(listed.items, known, view.open, ui, open), ...(more ? [more] : [])));
    head.querySelector(".waiting").textContent = listed.waiting ? t("list.waiting", { n: listed.waiting }) : t("list.none_waiting");
  }

  async function refresh() {
    try {
      const [found] = await Promise.all([loadList(view, signal), names()]);
      if (signal.aborted) return;
      listed = found;
      draw();
    } catch (error) {
      if (!signal.aborted) list.replaceChildren(failed(error, words, refresh));
    }
  }

  async function goOn() {
    const found = await loadList(view, signal, listed.next).catch(() => null);
    if (!found || signal.aborted) return;
    listed = { items: [...listed.items, ...found.items], waiting: found.waiting, next: found.next };
    draw();
  }

  async function formOf(kind) {
    const [{ createForm }, { items }, lists] = await Promise.all([import("./records-form.js"), ask("carbon/templates", signal), names()]);
    const template = items.find((one) => one.kind === kind);
    if (!template) return el("p", { class: "q empty" }, t("add.unknown"));
    const before = view.supersedes ? await ask(`carbon/records/${encodeURIComponent(view.supersedes)}`, signal) : null;
    const initial = { ...(before && kind !== "void" ? before.fields : {}), meter: before?.fields.meter ?? view.meter, source: before?.fields.source ?? view.source, supersedes: view.supersedes };
    return createForm(template, lists, initial, ui, (record) => {
      refresh();
      go(addressOf(view, { open: record.id }));
    });
  }

  async function importOf(kind) {
    const [{ createImport }, { items }] = await Promise.all([import("./records-import.js"), ask("carbon/templates", signal)]);
    return createImport(items, kind, ui, refresh);
  }

  async function detailOf(id) {
    const [{ recordDetail }, lists] = await Promise.all([import("./records-detail.js"), names()]);
    return recordDetail(id, lists, ui, () => Promise.all([refresh(), fill()]));
  }

  /** What is beside the list: a form, the import, a record, or nothing. */
  async function fill() {
    const mine = (turn += 1);
    const { open } = view;
    const add = ui.may("records") ? view.add : "";
    const wanted = add ? [words.family("kind", add), () => formOf(add)] : view.import && ui.may("records") ? [t("add.import"), () => importOf(view.import)] : open ? [t("detail.title"), () => detailOf(open)] : null;
    pane.hidden = !wanted;
    main.querySelector(".records-grid").classList.toggle("alone", !wanted);
    if (!wanted) return pane.replaceChildren();
    const [title, load] = wanted;
    const close = el("a", { class: "no-print", href: addressOf(view) }, t("detail.close"));
    const box = el("div", {}, loading(words, 6));
    pane.replaceChildren(section(title, { end: [close] }, box));
    if (scrollY > pane.offsetTop) pane.scrollIntoView({ block: "start" });
    try {
      const nodes = await load();
      if (!signal.aborted && mine === turn) box.replaceChildren(...[nodes].flat());
    } catch (error) {
      if (!signal.aborted && mine === turn) box.replaceChildren(error.status === 404 ? el("p", { class: "q empty" }, sentenceOf(error, words)) : failed(error, words, fill));
    }
  }

  refresh();
  fill();
  return {
    update: (next) => {
      const before = view;
      view = viewOf(next);
      if (before.enterprise !== view.enterprise) {
        head.replaceChildren(...headline(view, ui));
        refresh();
      } else if (known) draw();
      if (JSON.stringify(before) !== JSON.stringify(view)) fill();
      return true;
    },
  };
}
