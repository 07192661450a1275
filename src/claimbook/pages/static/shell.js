// What every page needs beyond its HTML: one switch for all code, tables that open in print, buttons
// that copy, and wide formulas that the keyboard can scroll.
"use strict";

(() => {
  const print = window.matchMedia("print");
  const opened = new Set();

  // Without this script each cell has a fold of its own; the switch takes the place of them all.
  // It is remembered by the page alone: another page begins without code.
  function startSwitch() {
    const line = document.querySelector(".cb-code-switch");
    if (!line) return;
    const button = line.querySelector("button");
    const cells = document.querySelectorAll(".cell > details.hide.above-input");
    function show(on) {
      button.setAttribute("aria-pressed", String(on));
      for (const details of cells) {
        details.open = on;
        details.hidden = !on;
      }
    }
    button.addEventListener("click", () => show(button.getAttribute("aria-pressed") !== "true"));
    show(false);
    line.hidden = false;
  }

  // Tables are opened (claimbook.css leaves out long ones, and what was declared); code stays in
  // the notebook.
  function openForPrint() {
    for (const details of document.querySelectorAll("details:not([open], .hide, .cb-check__declared)")) {
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

  // Buttons that copy words of the page, or its address; shown where the browser can.
  function startCopying() {
    if (!navigator.clipboard) return;
    for (const button of document.querySelectorAll("[data-copy], [data-copy-address]")) {
      const said = button.textContent;
      button.addEventListener("click", async () => {
        const from = document.getElementById(button.dataset.copy);
        await navigator.clipboard.writeText(from ? from.textContent.trim() : location.href);
        button.textContent = "Copied";
        setTimeout(() => { button.textContent = said; }, 2000);
      });
      button.hidden = false;
    }
  }

  // The search looks words up in plain objects, which know these two by themselves.
  function guardSearch() {
    if (typeof Search === "undefined" || !Search.hasIndex()) return;
    for (const terms of [Search._index.terms, Search._index.titleterms]) {
      for (const word of ["constructor", "__proto__"]) {
        if (!Object.hasOwn(terms, word)) Object.defineProperty(terms, word, { value: undefined });
      }
    }
  }

  // The theme's two buttons, whose handlers policy.py has taken out of the page.
  function startButtons() {
    const actions = { print: () => window.print(), "full-screen": () => window.toggleFullScreen?.() };
    for (const button of document.querySelectorAll("[data-click]")) {
      button.addEventListener("click", actions[button.dataset.click]);
    }
  }

  // The media query alone covers every browser's print dialogue; beforeprint comes earlier in
  // some, so that the page has been laid out with its tables open.
  print.addEventListener("change", (event) => (event.matches ? openForPrint() : closeAgain()));
  window.addEventListener("beforeprint", openForPrint);
  window.addEventListener("afterprint", closeAgain);
  window.addEventListener("resize", makeScrollableFocusable);
  document.addEventListener("DOMContentLoaded", makeScrollableFocusable);
  document.addEventListener("DOMContentLoaded", startSwitch);
  document.addEventListener("DOMContentLoaded", startCopying);
  window.addEventListener("DOMContentLoaded", guardSearch, { capture: true }); // before it begins
  document.addEventListener("DOMContentLoaded", startButtons);
  document.fonts.ready.then(makeScrollableFocusable); // a formula's width is its font's
})();
