// After a one-time link: a password for the next time. It can be skipped; a new link signs in as well.
import { send } from "./api.js";
import { el } from "./dom.js";
import { createError, whileBusy } from "./login-fields.js";
import { newPassword } from "./new-password.js";
import { askSession } from "./session.js";

/** Heading, form, and what to focus. */
export function form(page) {
  const { ui } = page;
  const { t } = ui.words;
  const password = newPassword(ui);
  const error = createError("login-error", ui);
  const button = el("button", { class: "btn go", type: "submit" }, t("password.keep"));
  const enter = async () => page.enter(await askSession(), { offer: false });
  const submit = async (event) => {
    event.preventDefault();
    error.clear();
    const problem = password.problem();
    if (problem) return error.show(problem, password.inputs, button);
    try {
      await whileBusy(button, t("login.signing_in"), () => send("session/password", { new: password.value() }, { method: "PUT" }));
      return enter();
    } catch (refused) {
      return error.show(refused.status === 422 ? t("password.refused") : refused, password.inputs, button);
    }
  };
  const skip = el("button", { class: "btn", type: "button", onclick: enter }, t("password.skip"));
  const intro = el("p", { class: "q" }, t("password.intro"));
  return [
    "password.title",
    el("form", { onsubmit: submit, novalidate: true }, intro, password.nodes, error.node, button, skip),
    () => password.inputs[0].focus(),
  ];
}
