// The tables of the Gateway page: rows of cells, the first of which names the row.
import { el } from "./dom.js";

export function table(name, heads, rows) {
  const head = heads.map(([text, kind]) => el("th", { scope: "col", class: kind }, text));
  const body = rows.map((cells) =>
    el(
      "tr",
      {},
      cells.map((cell, i) =>
        el(
          i === 0 ? "th" : "td",
          { scope: i === 0 ? "row" : null, class: heads[i][1], "data-l": i === 0 ? null : heads[i][0] },
          cell,
        ),
      ),
    ),
  );
  return el(
    "table",
    { class: "cards", "aria-label": name },
    el("thead", {}, el("tr", {}, head)),
    el("tbody", {}, body),
  );
}

export const named = (name, detail) => [el("b", {}, name), detail ? el("span", { class: "r s under" }, detail) : null];
