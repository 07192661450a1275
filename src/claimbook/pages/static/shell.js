// What every page needs beyond its HTML: details that open in print, and wide formulas that the
// keyboard can scroll.
"use strict";

(() => {
  const print = window.matchMedia("print");
  const opened = new Set();

  // Tables and declarations are opened; the code that a page keeps folded stays in the notebook.
  function openForPrint() {
    for (const details of document.querySelectorAll("details:not([open], .hide)")) {
      details.open = true;
      opened.add(details);
    }
  }

  function closeAgain() {
    for (const details of opened) details.open = false;
    opened.clear();
  }

  function makeScrollableFocusable() {
    for (const box of document.querySelectorAll(".cb-math-block__formula")) {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  }

  // The media query alone covers every browser's print dialogue; beforeprint comes earlier in
  // some, so that the page has been laid out with its tables open.
  print.addEventListener("change", (event) => (event.matches ? openForPrint() : closeAgain()));
  window.addEventListener("beforeprint", openForPrint);
  window.addEventListener("afterprint", closeAgain);
  window.addEventListener("resize", makeScrollableFocusable);
  document.addEventListener("DOMContentLoaded", makeScrollableFocusable);
  document.fonts.ready.then(makeScrollableFocusable); // a formula's width is its font's
})();
