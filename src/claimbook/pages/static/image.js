// Saves a chart as a picture, made in the browser: of plotly's charts (charts.js draws them once
// more, with title and source) or of a drawing that stands in the page, in the colours it has there.
"use strict";

(() => {
  const LOOK = [
    "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap",
    "stroke-linejoin", "paint-order", "font-family", "font-size", "font-weight", "text-anchor",
  ];
  const SVG = "http://www.w3.org/2000/svg";
  const PADDING = 14;

  function said(text, x, y, size, colour, weight = 400) {
    const line = document.createElementNS(SVG, "text");
    const look = { x, y, "font-size": size, "font-weight": weight, fill: colour, "font-family": "sans-serif" };
    for (const [name, value] of Object.entries(look)) line.setAttribute(name, value);
    line.textContent = text;
    return line;
  }

  function lines(text, letters) {
    const found = [""];
    for (const word of text.trim().split(/\s+/)) {
      if (found.at(-1).length + word.length >= letters) found.push("");
      found.push(`${found.pop()} ${word}`.trim());
    }
    return found;
  }

  // A copy that needs no style sheet, with the title above it, the source below, paper behind.
  function alone(figure) {
    const drawing = figure.querySelector("svg");
    const copy = drawing.cloneNode(true);
    const originals = [drawing, ...drawing.querySelectorAll("*")];
    [copy, ...copy.querySelectorAll("*")].forEach((element, i) => {
      const look = getComputedStyle(originals[i]);
      for (const name of LOOK) element.setAttribute(name, look.getPropertyValue(name));
      element.removeAttribute("class");
    });
    const { width, height } = drawing.viewBox.baseVal;
    const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
    const title = lines(figure.querySelector("figcaption").textContent, width / 10);
    const source = lines(figure.querySelector("figcaption ~ p").textContent, width / 6.4);
    const [above, below] = [22 * title.length + PADDING, 14 * source.length + PADDING];
    const whole = document.createElementNS(SVG, "svg");
    const size = [width + 2 * PADDING, height + above + below + PADDING];
    whole.setAttribute("viewBox", `0 0 ${size.join(" ")}`);
    const paper = document.createElementNS(SVG, "rect");
    for (const [name, value] of Object.entries({ width: "100%", height: "100%", fill: colour("--cb-paper") })) {
      paper.setAttribute(name, value);
    }
    for (const [name, value] of Object.entries({ x: PADDING, y: above, width, height })) copy.setAttribute(name, value);
    whole.append(
      paper, copy,
      ...title.map((text, i) => said(text, PADDING, 22 * (i + 1), 16, colour("--cb-ink"), 600)),
      ...source.map((text, i) => said(text, PADDING, above + height + 14 * (i + 1), 11, colour("--cb-muted")))
    );
    whole.setAttribute("width", size[0] * 2);
    whole.setAttribute("height", size[1] * 2);
    return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(whole))}`;
  }

  async function asPng(address) {
    const image = new Image();
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas.toDataURL("image/png");
  }

  async function save(button) {
    const format = button.dataset.image;
    const plot = button.closest("figure.cb-chart")?.querySelector(".cb-chart__plot");
    const figure = plot ?? button.closest(".cb-card__lead").querySelector("figure");
    let address;
    if (plot) address = await window.claimbookPicture(plot, format);
    else address = format === "svg" ? alone(figure) : await asPng(alone(figure));
    const page = location.pathname.replace(/.*\/|\.html$/g, "");
    const name = plot ? plot.closest("figure").id.replace("chart-", "") : "lead";
    const link = document.createElement("a");
    link.download = `${page}.${name}.${format}`;
    link.href = address;
    link.click();
  }

  for (const buttons of document.querySelectorAll(".cb-images")) {
    buttons.hidden = false;
    buttons.addEventListener("click", (event) => {
      const button = event.target.closest("[data-image]");
      if (button) save(button);
    });
  }
})();
