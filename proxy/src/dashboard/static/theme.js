// Dark or light, before the first paint: a module would come after it and the page would flash.
//
// It must not know the page. The surprise: without a choice of the reader's there is no attribute, and the system decides.
(function () {
  "use strict";
  try {
    const chosen = localStorage.getItem("theme");
    if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
  } catch {
    // A browser that keeps nothing for this site follows the system.
  }
})();
