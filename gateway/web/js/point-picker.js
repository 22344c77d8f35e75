// Points of other devices for a trend: found by name or tag, added one at a time.
import { ask } from "./api.js";
import { el } from "./dom.js";
import { isDrawable } from "./series.js";
import { failed } from "./sections.js";

const SHOWN = 12;
const PAUSE_MS = 250; // typing goes on

const deviceOf = (tag) => tag.slice(0, tag.lastIndexOf("."));

async function named(points, signal) {
  const devices = new Map();
  const ids = [...new Set(points.map((point) => point.device))];
  await Promise.all(ids.map(async (id) => devices.set(id, (await ask(`devices/${encodeURIComponent(id)}`, signal)).name)));
  return points.map((point) => ({ ...point, device_name: devices.get(point.device) }));
}

/** The points of these tags with the names of their devices; those that are not there (any more) are left out. */
export async function pointsOf(tags, signal) {
  const lists = await Promise.all(
    [...new Set(tags.map(deviceOf))].map((device) => ask(`points?${new URLSearchParams({ device })}`, signal)),
  );
  const found = lists.flatMap(({ items }) => items).filter((point) => tags.includes(point.tag) && isDrawable(point));
  return named(found, signal);
}

/** A field and the list of what it finds; `add(point)` for the chosen one. The device's own points are not offered. */
export function createPicker(ui, own, add) {
  const { t, local } = ui.words;
  const list = el("div", { class: "found-points", "aria-live": "polite" });
  const field = el("input", { type: "search", maxlength: 100, autocomplete: "off" });
  let timer = 0;
  let asking = new AbortController();

  function offer(point) {
    const name = `${local(point.device_name, point.device)} ${local(point.name, point.point)}`;
    const label = point.unit ? `${name}, ${point.unit}` : name;
    return el("button", { class: "link", type: "button", onclick: () => (add(point), form.remove()) }, label);
  }

  async function find() {
    asking.abort();
    asking = new AbortController();
    const { signal } = asking;
    const q = field.value.trim();
    if (q.length < 2) return list.replaceChildren();
    try {
      const { items } = await ask(`points?${new URLSearchParams({ q, limit: 200 })}`, signal);
      const fit = items.filter((point) => isDrawable(point) && point.device !== own).slice(0, SHOWN);
      const points = await named(fit, signal);
      if (signal.aborted) return undefined;
      const none = el("p", { class: "q s" }, t("trend.found_none"));
      return list.replaceChildren(...(points.length ? points.map(offer) : [none]));
    } catch (error) {
      return signal.aborted ? undefined : list.replaceChildren(failed(error, ui.words, find));
    }
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, PAUSE_MS);
  });
  const close = el("button", { class: "link", type: "button", onclick: () => form.remove() }, t("keys.close"));
  const form = el(
    "form",
    { class: "pick", onsubmit: (event) => (event.preventDefault(), find()) },
    el("label", {}, t("trend.find"), field),
    close,
    list,
  );
  queueMicrotask(() => field.focus());
  return form;
}
