// What an order did, or why it was refused: one at a time, bottom right, for six seconds. Alarms are never toasts.
import { dress, el } from "./dom.js";
import { shape } from "./shapes.js";

const SECONDS = 6;

/** Shows `text`; `refused` is told at once. `action`: `[word, function]`, for example to undo. Stays while focused. */
export async function toast(text, { refused = false, action = null } = {}) {
  await dress("dialogs");
  document.querySelector(".toast")?.remove();
  const words = el("p", {}, text);
  const box = el("div", { class: "toast", role: refused ? "alert" : "status" }, refused ? shape("bad") : null, words);
  if (action) {
    const [word, act] = action;
    const run = () => {
      box.remove();
      act();
    };
    box.append(el("button", { class: "link", type: "button", onclick: run }, word));
  }
  document.body.append(box);
  const leave = () => (box.matches(":focus-within, :hover") ? setTimeout(leave, 1000) : box.remove());
  setTimeout(leave, SECONDS * 1000);
}
