// The configuration on the Gateway page: findings with their place, the files with secrets hidden, check and reload.
import { ask, send, sentenceOf } from "./api.js";
import { el } from "./dom.js";
import { openDialog } from "./dialogs.js";
import { fillBox, section } from "./sections.js";
import { chip, shape } from "./shapes.js";
import { toast } from "./toast.js";

const PATIENCE_S = 60; // a large park is read again

const placeOf = ({ file, line }) => (line ? `${file}:${line}` : file);

function findingLine(found, show, { words }) {
  const text = words.both(found.message, found.hint);
  const place = el("button", { class: "link", type: "button", onclick: () => show(found.file, found.line) }, placeOf(found));
  return el("li", {}, shape("uncertain", "p2"), el("span", {}, place, " ", text));
}

function plainLine(text) {
  return el("li", {}, shape("uncertain", "p2"), el("span", {}, text));
}

// What a finding of the configuration says is in the status too, behind its place: it is shown once.
function isOf(text, findings) {
  return findings.some(({ message }) => text.includes(message));
}

function fileView(files, wanted, line, ui) {
  const { t } = ui.words;
  const box = el("div");
  const choice = el(
    "select",
    { "aria-label": t("configuration.file") },
    files.map(({ name }) => el("option", { value: name, selected: name === wanted }, name)),
  );
  const draw = (name, at) => {
    const { text } = files.find((file) => file.name === name) ?? files[0];
    const rows = text.replace(/\n$/, "").split("\n");
    const list = rows.map((row, i) => el("li", { class: i + 1 === at ? "at" : null }, row));
    box.replaceChildren(el("ol", { class: "file", tabindex: 0, "aria-label": name }, list));
    list[at - 1]?.scrollIntoView({ block: "center" });
  };
  choice.addEventListener("change", () => draw(choice.value, 0));
  queueMicrotask(() => draw(wanted ?? files[0].name, line ?? 0));
  return [el("div", { class: "tools" }, choice), box];
}

function changeLine(change, { words }) {
  const { family } = words;
  const name = change.id ? el("b", {}, ` ${change.id}`) : "";
  const fields = change.fields.map((one) => {
    const values = [one.old, one.new].map((value) => (value === null ? "–" : String(value)));
    return el("span", { class: "s q under" }, el("code", {}, one.path), ` ${values[0]} → ${values[1]}`);
  });
  return el("li", {}, `${family("part", change.part)}`, name, ` ${family("change", change.kind)}`, fields);
}

const effectLine = (effect, { words }) => {
  const known = words.t(`effect.${effect.kind}`, { name: effect.name, count: effect.count ?? 0 });
  return el("li", {}, known.startsWith("effect.") ? words.said(effect.text) : known);
};

function previewParts(found, ui) {
  const { t } = ui.words;
  if (!found.is_changed) return [el("p", {}, t("configuration.same"))];
  const rules = Object.values(found.rules).some(Boolean) ? t("configuration.rules", found.rules) : "";
  return [
    el("p", { class: "lab" }, t("configuration.changes")),
    el("ul", { class: "stack small changes" }, found.changes.map((change) => changeLine(change, ui))),
    rules ? el("p", { class: "s q" }, rules) : null,
    el("p", { class: "lab" }, t("configuration.effects")),
    el("ul", { class: "stack small effects" }, found.effects.map((effect) => effectLine(effect, ui))),
  ];
}

// Every mistake with its place; without them the sentence of the refusal.
function mistakes(error, ui) {
  const lines = (error.errors ?? []).map((one) =>
    plainLine(`${placeOf(one)} ${ui.words.both(one.message ?? "", one.hint ?? "")}`),
  );
  const head = el("p", { class: "failed" }, shape("bad", "p2"), el("b", { class: "p2" }, sentenceOf(error, ui.words)));
  return el("div", { role: "alert" }, head, lines.length ? el("ul", { class: "findings" }, lines) : null);
}

async function checkAndReload(refill, ui) {
  const { t } = ui.words;
  const body = el("div", {}, el("p", { class: "q", "aria-busy": "true" }, t("configuration.checking")));
  const go = el("button", { class: "btn go", type: "button", hidden: true }, t("configuration.reload"));
  const dialog = await openDialog(t("configuration.check"), t("keys.close"), body, go);
  dialog.classList.add("wide");
  try {
    const found = await send("configuration/preview", {}, { patience_s: PATIENCE_S });
    body.replaceChildren(...previewParts(found, ui).filter(Boolean));
    go.hidden = !found.is_changed || found.effects.some(({ kind }) => kind === "refused");
    go.addEventListener("click", () => reload(found.version));
  } catch (error) {
    body.replaceChildren(mistakes(error, ui));
  }

  async function reload(version) {
    Object.assign(go, { disabled: true, textContent: t("configuration.reloading") });
    try {
      await send("configuration/reload", { version }, { patience_s: PATIENCE_S });
      dialog.close();
      toast(t("configuration.reloaded"));
      refill();
    } catch (error) {
      body.replaceChildren(mistakes(error, ui));
      go.hidden = true;
    }
  }
}

/** The section, and the place below it where a file is shown. `refresh(findings)`: what the status says besides. */
export function configuration(ui) {
  const { t } = ui.words;
  const body = el("div");
  const place = el("div", { class: "low" });
  const note = el("span", { class: "r s" });
  let present = null;
  let others = [];

  function show(file, line) {
    const hide = el("button", { class: "link", type: "button", onclick: () => place.replaceChildren() }, t("configuration.hide"));
    const shown = section(t("configuration.shown"), { note: t("configuration.hidden"), end: [hide] });
    shown.append(...fileView(present.files, file, line, ui));
    place.replaceChildren(shown);
    place.scrollIntoView({ block: "nearest" });
  }

  function parts() {
    const lines = present.findings.map((found) => findingLine(found, show, ui));
    const more = others.filter((text) => !isOf(text, present.findings)).map(ui.words.said).map(plainLine);
    const all = [...lines, ...more];
    const changed = present.is_changed_on_disk ? el("p", {}, chip("uncertain", t("configuration.stale"), "p2 wrap")) : null;
    const restart = present.restart_needed.length
      ? el("p", { class: "s q" }, t("configuration.restart", { list: present.restart_needed.join(t("punct.comma")) }))
      : null;
    const open = el("button", { class: "link", type: "button", onclick: () => show(null, 0) }, t("configuration.show"));
    const check = el("button", { class: "link", type: "button", onclick: () => checkAndReload(refill, ui) }, t("configuration.check"));
    return [
      all.length ? el("ul", { class: "findings" }, all) : el("p", { class: "q empty" }, t("gateway.no_finding")),
      changed,
      restart,
      el("p", { class: "links" }, open, ui.may("configuration") ? check : null),
    ].filter(Boolean);
  }

  const load = async () => {
    present = await ask("configuration", ui.signal);
    note.textContent = t("configuration.loaded", {
      file: present.files[0]?.name ?? "",
      time: ui.fmt.since(present.loaded_ms, ui.live.now()),
    });
    return parts();
  };
  const refill = () => fillBox(body, ui.words, ui.signal, load, 4);
  refill();
  const node = section(t("configuration.title"), {}, body);
  node.querySelector("header").append(note);
  return {
    node,
    place,
    tell(findings) {
      if (findings.join() === others.join()) return;
      others = findings;
      if (present && !node.contains(document.activeElement)) body.replaceChildren(...parts());
    },
  };
}
