/* Before the first paint: the person's theme and language, so that nothing flashes in the wrong one. */
(function () {
  "use strict";
  var root = document.documentElement;
  var asked = new URLSearchParams(location.search).get("lang");
  var keep = {};
  try {
    if (asked === "zh" || asked === "en") localStorage.setItem("language", asked);
    keep = { theme: localStorage.getItem("theme"), language: localStorage.getItem("language") };
  } catch (error) {
    keep = { language: asked }; // storage is refused: the choice lasts for this visit only
  }
  var system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  root.dataset.theme = keep.theme === "light" || keep.theme === "dark" ? keep.theme : system;
  var language = keep.language || navigator.language || "en";
  root.lang = /^zh/.test(language) ? "zh-CN" : "en";
})();
