// The two languages of the page. The lists have the same keys; a test compares them.

const LISTS = { en: () => import("./words/en.js"), zh: () => import("./words/zh.js") };
const GATEWAY = { en: () => import("./words/gateway-en.js"), zh: () => import("./words/gateway-zh.js") };

/** The words of one language (`en` or `zh`). */
export async function loadWords(language) {
  const list = { ...(await LISTS[language]()).default };
  const plural = new Intl.PluralRules(language);

  /** The sentence of a key with its `{places}` filled in; `n` chooses between one and other. */
  function t(key, places = {}) {
    let text = list[key];
    if (typeof text === "object") text = text[plural.select(places.count ?? places.n)] ?? text.other;
    if (text === undefined) return key;
    return text.replace(/\{(\w+)\}/g, (_, name) => String(places[name] ?? ""));
  }

  /** `family.name` where the list has it, else the name itself: the gateway may know more than this page. */
  function family(prefix, name) {
    return list[`${prefix}.${name}`] ?? String(name);
  }

  /** A name given in both languages; an empty one falls back to the other, then to `otherwise`. */
  function local(names, otherwise = "") {
    if (!names) return otherwise;
    return names[language] || names.en || names.zh || otherwise;
  }

  /** What happened and what to do next, as one line; either may be missing. */
  function both(text, hint) {
    const stop = /[.?!]$/.test(text) ? " " : /[。？！]$/.test(text) ? "" : list["punct.stop"];
    return [text, hint].filter(Boolean).join(stop);
  }

  /** The words that only the Gateway page needs: they weigh on no other page. */
  async function addGateway() {
    Object.assign(list, (await GATEWAY[language]()).default);
  }

  return { language, t, family, local, both, addGateway };
}

/** The language of the document, chosen before the first paint. */
export function documentLanguage() {
  return document.documentElement.lang.startsWith("zh") ? "zh" : "en";
}
