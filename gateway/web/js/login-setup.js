// First start: the code that the gateway printed makes the first administrator.
import { send } from "./api.js";
import { el } from "./dom.js";
import { createError, field, whileBusy } from "./login-fields.js";
import { newPassword } from "./new-password.js";
import { askSession } from "./session.js";

const NAME = /^[a-z0-9][a-z0-9._-]{0,31}$/i; // as the gateway has it, which makes it lower-case

/** Heading, form, and what to focus. */
export function form(page) {
  const { ui } = page;
  const { t } = ui.words;
  const code = field(t("setup_code.code"), { name: "code", autocomplete: "one-time-code", autocapitalize: "none", spellcheck: "false", required: true }, { hint: t("setup_code.where") });
  const name = field(t("login.name"), { name: "name", autocomplete: "username", autocapitalize: "none", spellcheck: "false", required: true });
  const password = newPassword(ui);
  const error = createError("login-error", ui);
  const button = el("button", { class: "btn go", type: "submit" }, t("setup_code.make"));
  const submit = async (event) => {
    event.preventDefault();
    error.clear();
    if (!code.input.value.trim()) return error.show(t("setup_code.code_missing"), [code.input], button), code.input.focus();
    if (!name.input.value.trim()) return error.show(t("setup_code.name_missing"), [name.input], button), name.input.focus();
    if (!NAME.test(name.input.value.trim())) return error.show(t("setup_code.name_wrong"), [name.input], button), name.input.focus();
    const problem = password.problem();
    if (problem) return error.show(problem, password.inputs, button), password.inputs[0].focus();
    try {
      await whileBusy(button, t("login.signing_in"), () =>
        send("setup", { code: code.input.value.trim(), name: name.input.value.trim(), password: password.value() }),
      );
      return page.enter(await askSession(), { offer: false });
    } catch (refused) {
      if (refused.status === 422) return error.show(t("password.refused"), password.inputs, button);
      return error.show(refused.status === 401 ? t("setup_code.wrong") : refused, [code.input], button);
    }
  };
  const intro = el("p", { class: "q" }, t("setup_code.intro"));
  return [
    "setup_code.title",
    el("form", { onsubmit: submit, novalidate: true }, intro, code.node, name.node, password.nodes, error.node, button),
    () => code.input.focus(),
  ];
}
