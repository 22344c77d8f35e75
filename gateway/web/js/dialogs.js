// Dialogs, and the one with the list of keys. Loaded on demand.
import { dress, el } from "./dom.js";
import { isOn } from "./keys.js";

const LIST = ["g p", "g d", "g a", "g e", "g c", "g w", "/", "j k", "Enter", "a", "s", "n", "[ ]", "+ -", "t", "?", "Esc"];

/** A dialog with `content` and a button that closes it; it leaves the document when it is closed. */
export async function openDialog(title, close, ...content) {
  await dress("dialogs");
  const button = el("button", { class: "btn", type: "button", onclick: () => dialog.close() }, close);
  const dialog = el(
    "dialog",
    { "aria-label": title, onclose: () => dialog.remove() },
    el("h2", {}, title),
    ...content,
    button,
  );
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** The list of keys and the switch. */
export async function showKeys({ t, add }) {
  await add("keys");
  const rows = LIST.map((keys) =>
    el("tr", {}, el("th", { scope: "row" }, el("kbd", {}, keys)), el("td", {}, t(`keys.${keys}`))),
  );
  const box = el("input", { type: "checkbox", checked: isOn() });
  box.addEventListener("change", () => {
    try {
      localStorage.setItem("keys", box.checked ? "on" : "off");
    } catch {
      box.checked = true; // storage is refused: the keys stay on
    }
  });
  openDialog(
    t("keys.title"),
    t("keys.close"),
    el("table", {}, el("tbody", {}, rows)),
    el("label", { class: "check" }, box, el("span", {}, t("keys.on"))),
  );
}
