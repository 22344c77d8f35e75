// The pages: address, module with `show(ui, address)`, style sheets and lists of words that only this page needs, and
// the permission without which it is not shown.
export const PAGES = [
  [/^\/park$/, () => import("./park.js"), ["park", "bars"], ["park", "energy"], "read"],
  [
    /^\/devices(?:\/([^/]+))?$/,
    () => import("./devices.js"),
    ["devices", "connectivity"],
    ["devices", "connectivity"],
    "read",
  ],
  [/^\/alarms(?:\/([^/]+))?$/, () => import("./alarms.js"), ["alarms"], ["alarms"], "read"],
  [
    /^\/enterprises$/,
    () => import("./enterprises.js"),
    ["connectivity", "enterprises"],
    ["connectivity", "enterprises"],
    "read",
  ],
  [
    /^\/enterprises\/([^/]+)$/,
    () => import("./enterprise.js"),
    ["connectivity", "enterprises", "bars"],
    ["connectivity", "enterprises", "outages", "energy", "account"],
    "read",
  ],
  [/^\/carbon$/, () => import("./carbon.js"), ["carbon"], ["carbon"], "read"],
  [/^\/records$/, () => import("./records.js"), ["records"], ["records", "account"], "read"],
  [/^\/reading$/, () => import("./reading.js"), ["records", "reading"], ["records", "account", "reading"], "records"],
  [/^\/gateway$/, () => import("./gateway.js"), ["gateway"], ["gateway", "inside"], "gateway"],
  [/^\/setup$/, () => import("./setup.js"), ["records", "setup"], ["setup"], "configuration"],
  [/^\/users$/, () => import("./people.js"), ["people"], ["people", "roles"], "users"],
  [/^\/audit$/, () => import("./audit.js"), ["audit"], ["audit", "roles"], "audit"],
];

/** The page of an address; the first one where there is none. */
export const pageAt = (path) => PAGES.find(([known]) => known.test(path)) ?? PAGES[0];

/** True where `path` is shown by this document without loading another. */
export const isPage = (path) => PAGES.some(([known]) => known.test(path));
