// Light or dark, as the reader chose it last or as the system has it, before anything is painted;
// and what will be needed soon is asked for at once.
"use strict";

(() => {
  const PATIENCE = 1200; // milliseconds that a page waits for its fonts
  const { dataset } = document.documentElement;
  const { src, dataset: own } = document.currentScript;
  const kept = (name) => {
    try {
      return localStorage.getItem(name);
    } catch {
      return null; // a browser that keeps nothing
    }
  };
  const auto = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  dataset.mode = kept("mode") || "auto";
  dataset.theme = dataset.mode === "auto" ? auto : dataset.mode;
  dataset.scripted = ""; // what scripts will show has its place

  function preload(href, as, more) {
    const link = document.createElement("link");
    document.head.append(Object.assign(link, { rel: "preload", href, as, ...more }));
    return new Promise((resolve, reject) => Object.assign(link, { onload: resolve, onerror: reject }));
  }

  if (location.protocol === "file:") return; // from where nothing needs to be preloaded, nor may be
  // Where the address names a chart, what draws it.
  if (own.plotly && location.hash.startsWith("#chart-")) preload(own.plotly, "script").catch(() => {});
  // Words that change their font move under their reader. So the page is shown with its fonts; on a
  // line that does not bring them in time, with the reader's own.
  const fonts = ["serif", "sans"].map((name) =>
    preload(src.replace(/mode\.js.*$/, `vendor/fonts/claim-${name}.woff2`), "font",
      { type: "font/woff2", crossOrigin: "" }));
  const late = new Promise((_, reject) => setTimeout(reject, PATIENCE));
  dataset.fonts = "awaited";
  Promise.race([Promise.all(fonts), late]).then(
    () => { delete dataset.fonts; },
    () => { dataset.fonts = "own"; }
  );
})();
