// Sending a form: nothing is lost when it fails. Errors go to their fields in the gateway's words, the rest above them.
import { request, sentenceOf } from "./api.js";
import { el } from "./dom.js";
import { shape } from "./shapes.js";

const PATIENCE_S = 120; // a photo over a phone's line

/** A key of idempotency: without a secure context there is no `randomUUID`. */
export function freshKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A message that goes before a field's own: `by: the name is needed` names its field. */
function ownField(message, fields) {
  const name = /^([a-z_0-9]+): /.exec(message)?.[1];
  return fields.find((field) => field.name === name) ?? null;
}

/** Shows an error of the API in the form: at the fields it names, the rest in `summary`; the first one gets the focus. */
export function showErrors(error, fields, summary, words) {
  const rest = [];
  const wrong = [];
  const list = (error.errors ?? []).filter((one) => one.field !== undefined);
  for (const { field: name, message, hint } of list) {
    const field = fields.find((one) => one.name === name.split(".")[0]);
    const text = words.both(message, hint);
    if (!field) rest.push(name ? `${words.family("field", name)}${words.t("punct.colon")}${text}` : text);
    else if (!wrong.includes(field)) {
      field.wrong(text);
      wrong.push(field);
    }
  }
  const own = list.length ? null : ownField(error.message, fields);
  if (own) {
    own.wrong(sentenceOf(error, words));
    wrong.push(own);
  } else if (list.length === 0) rest.push(sentenceOf(error, words));
  if (error.status === 0) rest.push(words.t("form.kept"));
  if (wrong.length) rest.unshift(words.t("form.wrong", { n: wrong.length }));
  summary.replaceChildren(...rest.map((text) => el("p", { class: "wrong" }, shape("bad", "p1"), el("span", {}, text))));
  if (wrong.length) wrong[0].input.focus();
  else summary.scrollIntoView({ block: "nearest" });
}

/** Sends `document` as `part` with its files. `parts`: `[[name, file], …]`. */
export function sendRecord(path, part, document, parts, key) {
  const form = new FormData();
  form.append(part, JSON.stringify(document));
  for (const [name, file] of parts) form.append(name, file, file.name);
  const headers = { "Idempotency-Key": key };
  return request(path, { method: "POST", headers, body: form }, null, PATIENCE_S);
}
