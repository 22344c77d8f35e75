// Who sees which tabs, in which order. What a role may not see is absent.

const TABS = {
  park: "/park",
  devices: "/devices",
  alarms: "/alarms",
  enterprises: "/enterprises",
  carbon: "/carbon",
  gateway: "/gateway",
  audit: "/audit",
};

const OF_THE_PARK = ["park", "devices", "alarms", "enterprises", "carbon", "gateway"];
const OF_ROLE = { enterprise: ["mine", "devices", "alarms", "carbon"], auditor: ["park", "devices", "carbon", "audit"] };

// What stands inside Gateway, each with its permission.
const INSIDE = [
  ["gateway", "/gateway", "gateway"],
  ["setup", "/setup", "configuration"],
  ["users", "/users", "users"],
  ["audit", "/audit", "audit"],
];

const ownPage = ({ enterprise }) => `/enterprises/${encodeURIComponent(enterprise)}`;

/** The tabs of who is signed in: `[name, path]`; `nav.<name>` is the word. */
export function tabsOf({ session }) {
  const names = OF_ROLE[session.role] ?? OF_THE_PARK;
  return names.map((name) => [name, name === "mine" ? ownPage(session) : TABS[name]]);
}

/** What stands inside Gateway for who is signed in: `[name, path]`; nothing where Gateway itself is no tab. */
export function insideOf(ui) {
  if (!tabsOf(ui).some(([name]) => name === "gateway")) return [];
  return INSIDE.filter(([, , needed]) => ui.may(needed));
}

/** The tab that an address belongs to. */
export function tabAt(path, ui) {
  const tabs = tabsOf(ui);
  const own = tabs.find(([, known]) => path === known || path.startsWith(`${known}/`));
  const group = ["/records", "/reading"].includes(path) ? "/carbon" : insideOf(ui).some(([, known]) => known === path) ? "/gateway" : "";
  return own?.[1] ?? group;
}

/** Where somebody is led who asks for `path`: an enterprise has no page of the park. */
export function ledTo(path, { session }) {
  if (path === "/" || path === "/login") return session.home;
  return session.enterprise && ["/park", "/enterprises"].includes(path) ? ownPage(session) : null;
}
