// In the place of a page that the person may not see.
import { el } from "./dom.js";

/** Says so, and who can change it. */
export function show({ words, main, live, title }) {
  const { t } = words;
  title(t("page.not_allowed"));
  live.want({});
  const head = el("div", { class: "headline" }, el("h1", { tabindex: -1 }, t("page.not_allowed")));
  main.append(head, el("p", { class: "q" }, t("page.who_may")));
  return {};
}
