// Words for a page that somebody may not see. Keys are the same as in not-allowed-zh.js.
export default {
  "page.not_allowed": "Not for this account", "page.who_may": "Your role does not include this page. An administrator can change that.",
};
