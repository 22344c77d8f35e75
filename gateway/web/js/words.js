// The two languages of the page. The lists of both have the same keys; a test compares them.

const MOST = 2000; // sentences that are remembered
const told = new Map(); // the Chinese of what the gateway said, by its English

/** Remembers the Chinese of sentences that an answer of the gateway brings along. */
export function learn(chinese) {
  if (told.size > MOST) told.clear(); // an answer brings along all that it says
  for (const one in chinese) told.set(one, chinese[one]);
}

const load = (name) => import(`./words/${name}.js`);

/** The words of one language (`en` or `zh`): those that every page needs; a page adds its own. */
export async function loadWords(language) {
  const list = { ...(await load(language)).default };
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

  /** A sentence of the gateway in the language of the page; as it is where it is known in English alone. */
  const said = (text) => (language === "zh" && told.get(text)) || text;

  /** What happened and what to do next, as one line; either may be missing. */
  function both(text, hint) {
    text = said(text);
    const stop = /[.?!]$/.test(text) ? " " : /[。？！]$/.test(text) ? "" : list["punct.stop"];
    return [text, said(hint)].filter(Boolean).join(stop);
  }

  /** The words that only some pages need, by the names of their lists: they weigh on no other page. */
  async function add(...names) {
    const lists = await Promise.all(names.map((name) => load(`${name}-${language}`)));
    Object.assign(list, ...lists.map((one) => one.default));
  }

  return { language, t, family, local, said, both, add };
}

/** The language of the document, chosen before the first paint. */
export function documentLanguage() {
  return document.documentElement.lang.startsWith("zh") ? "zh" : "en";
}
