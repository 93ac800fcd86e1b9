/** What scrolls sideways can be reached by the keyboard: formulas, tables and figures that are wider than the page. */
(function () {
  "use strict";

  const SCROLLED = ".formula, .equation, .md-typeset__scrollwrap, .drawn, .scrolled";

  function reach() {
    for (const element of document.querySelectorAll(SCROLLED)) {
      if (element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight) element.tabIndex = 0;
      else if (!element.hasAttribute("role")) element.removeAttribute("tabindex");
    }
  }

  window.addEventListener("load", reach);
  window.addEventListener("resize", reach);
})();
