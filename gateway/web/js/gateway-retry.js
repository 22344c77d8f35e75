// Trying again what a server refused: confirmed first, and told what became of it. Loaded on use.
import { send, sentenceOf } from "./api.js";
import { openDialog } from "./dialogs.js";
import { el } from "./dom.js";
import { toast } from "./toast.js";

const PATIENCE_S = 120; // the gateway sends for up to a minute and a half

/** Asks, sends, then `refill`s the list. With `reason` only what was refused with these words. */
export async function askToRetry(sink, reason, refill, ui) {
  const { t } = ui.words;
  const go = el("button", { class: "btn go", type: "button" }, t("quarantine.again"));
  const why = el("p", { class: "p2", role: "alert" });
  const dialog = await openDialog(
    t("quarantine.again"),
    t("quarantine.cancel"),
    el("p", {}, t(reason === null ? "quarantine.ask_all" : "quarantine.ask_reason", { sink })),
    reason === null ? null : el("p", { class: "q" }, reason),
    why,
    go,
  );
  go.addEventListener("click", async () => {
    Object.assign(go, { disabled: true, textContent: t("quarantine.sending") });
    try {
      const found = await send("quarantine/retry", reason === null ? { sink } : { sink, reason }, { patience_s: PATIENCE_S });
      const counts = ["delivered", "refused", "left"].map((name) => [name, ui.fmt.number(found[name], 0)]);
      toast(t("quarantine.done", Object.fromEntries(counts)), { refused: found.error !== "" });
      why.textContent = found.error ? ui.words.both(found.error, found.hint) : "";
      if (!found.error) dialog.close();
      refill();
    } catch (error) {
      why.textContent = sentenceOf(error, ui.words);
    }
    Object.assign(go, { disabled: false, textContent: t("quarantine.again") });
  });
}
