// A backup by hand: the passphrase, what is to be in it, and the file as a download.
import { ApiError, access, sentenceOf } from "./api.js";
import { el } from "./dom.js";
import { openDialog } from "./dialogs.js";
import { shape } from "./shapes.js";
import { toast } from "./toast.js";

const LEAST = 12; // characters
const PATIENCE_S = 3600; // with years of history it takes its time

async function fetched(body) {
  const response = await fetch("/api/v1/backup", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": access.csrf },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(PATIENCE_S * 1000),
  });
  if (response.ok) return response;
  const { title, detail, hint } = await response.json().catch(() => ({}));
  throw new ApiError(response.status, detail || title || `HTTP ${response.status}`, { hint });
}

function save(blob, name) {
  const href = URL.createObjectURL(blob);
  el("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

const nameOf = (response) => /filename="([^"/\\]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1];

function field(label, props) {
  const input = el("input", { type: "password", autocomplete: "new-password", maxlength: 1000, ...props });
  return [el("label", { class: "lab" }, label, input), input];
}

function box(label) {
  const input = el("input", { type: "checkbox" });
  return [el("label", { class: "check" }, input, el("span", {}, label)), input];
}

/** Asks for the passphrase; the file comes as a download. */
export async function askForBackup(ui) {
  const { t } = ui.words;
  const [first, passphrase] = field(t("backup.passphrase"), {});
  const [second, again] = field(t("backup.again"), {});
  const [withHistory, history] = box(t("backup.history"));
  const [withOutbox, outbox] = box(t("backup.outbox"));
  const said = el("p", { class: "said", role: "alert" });
  const go = el("button", { class: "btn go", type: "submit" }, t("backup.make"));
  const form = el("form", {}, first, second, el("p", { class: "s q" }, t("backup.keep")), withHistory, withOutbox, said, go);
  const dialog = await openDialog(t("backup.now"), t("backup.cancel"), el("p", {}, t("backup.what")), form);
  const refuse = (text) => said.replaceChildren(shape("bad", "p2"), " ", text);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (passphrase.value && passphrase.value.length < LEAST) return refuse(t("backup.short", { n: LEAST }));
    if (passphrase.value !== again.value) return refuse(t("backup.differs"));
    const body = { history: history.checked, outbox: outbox.checked };
    if (passphrase.value) body.passphrase = passphrase.value;
    said.replaceChildren();
    Object.assign(go, { disabled: true, textContent: t("backup.making") });
    try {
      const response = await fetched(body);
      save(await response.blob(), nameOf(response) ?? "park-gateway.backup");
      dialog.close();
      toast(t("backup.done"));
    } catch (error) {
      refuse(error instanceof ApiError ? sentenceOf(error, ui.words) : t("error.unreachable"));
    }
    Object.assign(go, { disabled: false, textContent: t("backup.make") });
  });
  passphrase.focus();
}
