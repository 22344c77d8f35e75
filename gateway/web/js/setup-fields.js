// The fields of the Setup page: bound to the draft, with what the gateway finds wrong at each of them.
import { el } from "./dom.js";
import { labelled } from "./records-fields.js";

/** A box of fields; `add` makes one that writes into `state`, `show` puts the gateway's words at their fields. */
export function createFields(state, { words }, changed) {
  const node = el("div", { class: "fields" });
  const known = new Map(); // field of the API -> the field here

  function put(key, path, label, input, hint) {
    const field = labelled(label, input, { hint, words });
    input.addEventListener("input", () => {
      state[key] = input.value.trim();
      changed?.(key);
    });
    known.set(path, field);
    node.append(field.node);
    return field;
  }

  /** A line of text. */
  function text(key, path, label, { hint = "", inputmode = null, list = null } = {}) {
    const input = el("input", { type: "text", value: state[key], inputmode, list, autocomplete: "off", spellcheck: "false" });
    return put(key, path, label, input, hint);
  }

  /** A choice; `options`: `[[key, word], …]`. */
  function select(key, path, label, options, hint = "") {
    const choices = options.map(([value, word]) => el("option", { value, selected: value === state[key] }, word));
    const field = put(key, path, label, el("select", {}, choices), hint);
    state[key] = field.input.value;
    return field;
  }

  /** Shows `errors` (`{field, message, hint}`) at their fields; the rest is returned. The first one gets the focus. */
  function show(errors) {
    const rest = [];
    let first = null;
    for (const { field: path, message, hint } of errors) {
      const parts = path.split(".");
      const field = known.get(path) ?? known.get(parts.slice(0, 2).join("."));
      if (!field) rest.push(words.both(message, hint));
      else {
        field.wrong(words.both(message, hint));
        first ??= field.input;
      }
    }
    first?.focus();
    return rest;
  }

  return { node, text, select, show };
}
