// Light or dark, as the reader chose it last, before anything is painted.
"use strict";

(() => {
  const { dataset } = document.documentElement;
  const kept = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null; // a browser that keeps nothing
    }
  };
  dataset.mode = kept("mode") || dataset.theme || "auto";
  dataset.theme = kept("theme") || dataset.theme || "auto";
})();
