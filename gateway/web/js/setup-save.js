// Setup, step 4: the lines that will be written. Save and reload; then the device's first values.
import { ask, send, sentenceOf } from "./api.js";
import { el, every } from "./dom.js";
import { table } from "./rows.js";
import { section } from "./sections.js";
import { draftOf } from "./setup-draft.js";
import { profileOf } from "./setup-profile.js";
import { valueText } from "./setup-test.js";
import { chip, deviceChip, shape } from "./shapes.js";

const PATIENCE_S = 60;
const ASK_AGAIN_S = 1;
const KINDS = { "+": "added", "-": "taken", "@": "place" };

function diffOf({ file, lines }, { t }) {
  const rows = lines.map((line) => el("span", { class: `line-of ${KINDS[line[0]] ?? ""}` }, `${line}\n`));
  return [el("p", { class: "lab" }, t("setup.in_file", { file })), el("pre", { class: "diff", tabindex: 0, "aria-label": t("setup.in_file", { file }) }, rows)];
}

const findingsOf = (found, words) => el("ul", { class: "findings" }, found.findings.map((one) => el("li", {}, shape("uncertain", "p2"), words.both(one.message, one.hint))));

/** The device as it answers now, until it does. */
function createFirstValues(id, ui) {
  const { words, signal } = ui;
  const { t } = words;
  const box = el("div", { "aria-live": "polite" });
  const stop = new AbortController();
  signal.addEventListener("abort", () => stop.abort());
  const look = async () => {
    let device;
    try {
      device = await ask(`devices/${encodeURIComponent(id)}`, signal);
    } catch {
      return; // it may not be there yet: the next look
    }
    const heads = [[t("setup.point"), ""], [t("setup.value"), "n"]];
    const rows = device.items.map((point) => [words.local(point.name, point.point), el("b", {}, valueText(point, ui))]);
    const link = el("a", { href: `/devices/${encodeURIComponent(id)}` }, t("setup.open_device"));
    box.replaceChildren(el("p", { class: "result" }, deviceChip(device.state, words), " ", link), rows.length ? table(t("setup.values"), heads, rows) : "");
  };
  look();
  every(ASK_AGAIN_S, look, stop.signal);
  return box;
}

/** The step. `wrong(errors)` is called with what the gateway refuses at fields. */
export function saveStep(state, ui, { back, wrong }) {
  const { words, signal } = ui;
  const { t } = words;
  const box = el("div");
  const said = el("div", { role: "alert" });
  const save = el("button", { class: "btn go", type: "button", disabled: true, onclick: write }, t("setup.save"));
  const before = el("button", { class: "btn", type: "button", onclick: back }, t("setup.back"));
  const actions = el("div", { class: "actions" }, save, before);
  let draft = null;
  let version = "";

  function tell(error) {
    if (signal.aborted) return;
    if (error.errors?.some((one) => one.field)) return wrong(error.errors);
    const more = (error.errors ?? []).map((one) => el("li", {}, words.both(one.message, one.hint)));
    said.replaceChildren(chip("bad", sentenceOf(error, words), "p2"), el("ul", { class: "findings" }, more));
  }

  async function preview() {
    box.replaceChildren(el("p", { class: "q", "aria-busy": "true" }, t("state.loading")));
    try {
      draft ??= draftOf(state, await profileOf(state.profile, signal));
      const found = await send("commissioning/save", { ...draft, preview: true }, { patience_s: PATIENCE_S });
      if (signal.aborted) return;
      version = found.version;
      const nodes = found.files.flatMap((file) => diffOf(file, words));
      box.replaceChildren(...(nodes.length ? nodes : [el("p", { class: "q empty" }, t("setup.no_change"))]), findingsOf(found, words));
      save.disabled = nodes.length === 0;
    } catch (error) {
      box.replaceChildren();
      tell(error);
    }
  }

  async function write() {
    save.disabled = true;
    save.textContent = t("setup.saving");
    said.replaceChildren();
    let isWritten = false;
    try {
      const found = await send("commissioning/save", { ...draft, preview: false, version }, { patience_s: PATIENCE_S });
      isWritten = true;
      await send("configuration/reload", {}, { patience_s: PATIENCE_S });
      if (signal.aborted) return;
      const copies = found.copies.join(words.t("punct.comma"));
      said.replaceChildren(el("p", {}, el("b", {}, t("setup.saved")), " ", el("span", { class: "q" }, t("setup.copy", { file: copies }))));
      box.replaceChildren(createFirstValues(state.device, ui));
      actions.remove();
    } catch (error) {
      tell(error);
      if (isWritten) said.prepend(el("p", {}, t("setup.not_reloaded")));
      else if (error.status === 409) await preview();
      save.disabled = isWritten;
    } finally {
      save.textContent = t("setup.save");
    }
  }

  preview();
  return section(t("setup.lines"), { note: state.device }, box, said, actions);
}
