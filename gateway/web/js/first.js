/* Before the first paint: the person's theme and language, and what of the frame is shown, so that nothing flashes. */
(function () {
  "use strict";
  var root = document.documentElement;
  var query = new URLSearchParams(location.search);
  var asked = query.get("lang");
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
  root.classList.add("filling");
  if (location.pathname === "/login") root.dataset.view = "login";
  if (query.get("view") === "wall") root.dataset.view = "wall";
})();
