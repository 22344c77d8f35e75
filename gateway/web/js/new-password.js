// A new password, twice; the rule is said beforehand. Used by the first start, after a one-time link and in the account.
import { passwordField } from "./login-fields.js";

export const LEAST = 12; // characters, as the gateway counts them

/** Both fields: `nodes`, `value` and `problem(name)`, the sentence for what is wrong with them or "". */
export function newPassword({ words }) {
  const { t } = words;
  const first = passwordField(t("password.new"), { name: "new", autocomplete: "new-password", required: true, minlength: LEAST }, t, t("password.rule", { n: LEAST }));
  const second = passwordField(t("password.again"), { name: "again", autocomplete: "new-password", required: true }, t);
  return {
    nodes: [first.node, second.node],
    inputs: [first.input, second.input],
    value: () => first.input.value,
    problem() {
      if ([...first.input.value].length < LEAST) return t("password.short", { n: LEAST });
      return first.input.value === second.input.value ? "" : t("password.differ");
    },
  };
}
