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

  if (location.protocol === "file:") return; // from where nothing needs to be preloaded, nor may be
  // Where the address names a chart, what draws it.
  if (own.plotly && location.hash.startsWith("#chart-")) {
    const hint = { rel: "preload", as: "script", href: own.plotly };
    document.head.append(Object.assign(document.createElement("link"), hint));
  }
  // Words that change their font move under their reader. So the page is shown once its fonts are
  // at hand; on a line that does not bring them in time, with the reader's own.
  const upright = { weight: "400 700" };
  const fonts = [
    ["Claim Serif", "serif", upright],
    ["Claim Serif", "serif-italic", { style: "italic" }],
    ["Claim Sans", "sans", upright],
  ].map(([family, file, look]) =>
    new FontFace(family, `url("${src.replace(/mode\.js.*$/, `vendor/fonts/claim-${file}.woff2`)}")`, look));
  const late = new Promise((_, reject) => setTimeout(reject, PATIENCE));
  dataset.fonts = "awaited";
  Promise.race([Promise.all(fonts.map((font) => font.load())), late]).then(
    () => {
      fonts.forEach((font) => document.fonts.add(font));
      delete dataset.fonts;
    },
    () => { dataset.fonts = "own"; }
  );
})();
