// A link to a file of data; null for who may not take data away.
import { el } from "./dom.js";

export const fileLink = (ui, href, text, props = {}) =>
  ui.may("export") ? el("a", { href, download: true, ...props }, text) : null;
