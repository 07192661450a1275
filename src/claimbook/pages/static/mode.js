// Light or dark, as the reader chose it last or as the system has it, before anything is painted;
// and what will be needed soon is asked for at once.
"use strict";

(() => {
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

  function preload(href, as, more) {
    const link = document.createElement("link");
    document.head.append(Object.assign(link, { rel: "preload", href, as, ...more }));
  }

  if (location.protocol === "file:") return;
  for (const name of ["serif", "sans"]) {
    const font = src.replace(/mode\.js.*$/, `vendor/fonts/claim-${name}.woff2`);
    preload(font, "font", { type: "font/woff2", crossOrigin: "" });
  }
  // Where the address names a chart, what draws it.
  if (own.plotly && location.hash.startsWith("#chart-")) preload(own.plotly, "script");
})();
