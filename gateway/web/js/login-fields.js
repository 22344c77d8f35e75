// Parts of the forms of sign-in: fields, passwords that can be shown, an error that counts down its wait.
import { sentenceOf } from "./api.js";
import { el, setText } from "./dom.js";
import { shape } from "./shapes.js";

/** A labelled input; `hint` is said before anything is typed. */
export function field(label, props, { hint = "", beside = null } = {}) {
  const id = `field-${props.name}`;
  const input = el("input", { id, ...props, "aria-describedby": hint ? `${id}-hint` : null });
  const said = hint ? el("p", { class: "s q", id: `${id}-hint` }, hint) : null;
  const head = el("div", { class: "field-head" }, el("label", { class: "lab", for: id }, label), beside);
  return { input, node: el("div", { class: "field" }, head, said, input) };
}

/** A password; a button shows what is typed. */
export function passwordField(label, props, t, hint = "") {
  const toggle = el("button", { class: "link s", type: "button", "aria-pressed": "false", "aria-controls": `field-${props.name}` }, t("login.show"));
  const made = field(label, { ...props, type: "password", autocapitalize: "none", spellcheck: "false" }, { hint, beside: toggle });
  toggle.addEventListener("click", () => {
    const isShown = made.input.type === "password";
    made.input.type = isShown ? "text" : "password";
    setText(toggle, t(isShown ? "login.hide" : "login.show"));
    toggle.setAttribute("aria-pressed", String(isShown));
  });
  return made;
}

/** Runs `order` while `button` says that it is on its way. */
export async function whileBusy(button, busy, order) {
  const before = button.textContent;
  Object.assign(button, { disabled: true, textContent: busy });
  try {
    return await order();
  } finally {
    Object.assign(button, { disabled: false, textContent: before });
  }
}

function sentence(error, words) {
  if (error.status === 401) return words.t("login.wrong");
  return error.status === 429 ? words.t("login.waits") : sentenceOf(error, words);
}

/** The place of an error; it is read once, the seconds beside it count down in silence and hold the button. */
export function createError(id, { words, fmt, signal }) {
  const { t } = words;
  const text = el("span", { id, role: "alert" });
  const wait = el("span", { "aria-hidden": "true" });
  const node = el("p", { class: "err p1", hidden: true }, shape("bad", "p1"), el("span", {}, text, " ", wait));
  let timer = 0;
  signal.addEventListener("abort", () => clearInterval(timer));

  function countDown(seconds, button) {
    const until_ms = performance.now() + seconds * 1000;
    const tell = () => {
      const left_s = Math.ceil((until_ms - performance.now()) / 1000);
      button.disabled = left_s > 0;
      const age = left_s < 60 ? t("age.s", { n: left_s }) : fmt.age(left_s);
      button.title = left_s > 0 ? t("login.again", { age }) : "";
      setText(wait, button.title);
      if (left_s <= 0) clearInterval(timer);
    };
    timer = setInterval(tell, 250);
    tell();
  }

  return {
    node,
    clear() {
      clearInterval(timer);
      node.hidden = true;
      setText(text, "");
      setText(wait, "");
      for (const input of document.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
    },
    /** Tells `error` of `inputs`; the first of them describes itself by it. */
    show(error, inputs, button) {
      node.hidden = false;
      setText(text, typeof error === "string" ? error : sentence(error, words));
      for (const input of inputs) {
        input.setAttribute("aria-invalid", "true");
        input.setAttribute("aria-errormessage", id);
      }
      if (error.retry_s) countDown(error.retry_s, button);
    },
  };
}
