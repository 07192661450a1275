// Draws the page's charts: when one comes near the view, in the colours of the reader's theme.
//
// Each <figure class="cb-chart"> holds its plotly figure as JSON (so the page also works from a
// file), and its title, source, table and download as HTML. The plotly script that the page
// names (data-plotly) is loaded once, with the first chart that is needed.
"use strict";

(() => {
  const PLOTLY = document.querySelector("[data-plotly]")?.dataset.plotly;
  const CONFIG = { displayModeBar: false, scrollZoom: false, doubleClick: false, responsive: false };
  // Figures are written in one palette, or in the light theme's; each colour has its place in the
  // theme the reader has chosen.
  const PALETTE = [
    "c1", "c2", "c3", "c4", "c5", "c6", "yes", "no", "open", "ink", "muted", "line", "paper",
    "seq1", "seq2", "seq3", "seq4", "seq5", "div1", "div2", "div3", "div4", "div5",
  ];
  const TOP = 12; // px; the title stands above the plot, not in it
  const TOP_WITH_HEADINGS = 28; // px, where small multiples have headings above them
  const NEAR = "400px";
  const PATIENCE = 4000; // ms
  const drawn = new Map(); // plot element -> its figure
  const drawing = new Map(); // plot element -> the promise of its drawing
  let loading = null;
  let economy = null; // the reader's: its code and name

  function variable(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  function loadPlotly() {
    loading ??= new Promise((resolve, reject) => {
      // Its style rules come from a file, for a page may forbid those it would insert itself.
      const sheet = document.createElement("link");
      const look = { id: "plotly.js-style-global", className: "no-inline-styles", rel: "stylesheet" };
      document.head.append(Object.assign(sheet, look, { href: PLOTLY.replace(/[^/]*$/, "plotly.css") }));
      const script = document.createElement("script");
      script.src = PLOTLY;
      script.onload = () => resolve(window.Plotly);
      script.onerror = () => reject(new Error(`${PLOTLY} could not be loaded`));
      document.head.append(script);
    });
    return loading;
  }

  function themeColours() {
    const colours = new Map();
    for (const name of PALETTE) {
      for (const written of [`--cb-${name}-light`, `--cb-${name}-figure`]) {
        const colour = variable(written).toLowerCase();
        if (colour) colours.set(colour, variable(`--cb-${name}`));
      }
    }
    return colours;
  }

  // A copy of a figure's part in which every colour of the light palette is the theme's.
  function recoloured(value, colours) {
    if (typeof value === "string") return colours.get(value.toLowerCase()) ?? value;
    if (Array.isArray(value)) return value.map((item) => recoloured(item, colours));
    if (value && typeof value === "object") {
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, recoloured(item, colours)])
      );
    }
    return value;
  }

  function template() {
    const ink = variable("--cb-ink");
    const muted = variable("--cb-muted");
    const line = variable("--cb-line");
    const axis = {
      automargin: true,
      fixedrange: true, // a finger on the chart scrolls the page
      gridcolor: line,
      linecolor: line,
      zerolinecolor: muted,
      zerolinewidth: 1,
      tickcolor: line,
      tickfont: { color: muted },
      title: { font: { color: muted, size: 13 }, standoff: 10 },
    };
    const colorbar = { outlinewidth: 0, thickness: 12, tickfont: { color: muted } };
    const scale = (name) => [1, 2, 3, 4, 5].map((i) => [(i - 1) / 4, variable(`--cb-${name}${i}`)]);
    return {
      layout: {
        font: { family: variable("--cb-sans"), size: 13, color: ink },
        colorway: [1, 2, 3, 4, 5, 6].map((i) => variable(`--cb-c${i}`)),
        colorscale: { sequential: scale("seq"), diverging: scale("div") },
        coloraxis: { colorbar },
        xaxis: axis,
        yaxis: axis,
        legend: {
          orientation: "h", x: 0, xanchor: "left", y: 1.02, yanchor: "bottom",
          font: { color: ink }, itemclick: false, itemdoubleclick: false,
        },
        margin: { l: 8, r: 12, t: TOP, b: 8 },
        hoverlabel: {
          align: "left",
          bgcolor: variable("--cb-surface"), bordercolor: line, font: { color: ink, size: 13 },
        },
        annotationdefaults: { font: { color: ink }, arrowcolor: muted, arrowwidth: 1, arrowhead: 0 },
        shapedefaults: { line: { color: muted } },
      },
      data: {
        heatmap: [{ colorbar, colorscale: scale("seq") }],
        contour: [{ colorbar, colorscale: scale("seq") }],
        scatter: [{ marker: { colorbar } }],
      },
    };
  }

  // The points of the reader's economy once more, ringed and named: charts carry codes in customdata.
  function lit(traces) {
    if (!economy) return [];
    const own = (held) => (Array.isArray(held) ? held[0] : held) === economy.code;
    return traces.flatMap((trace) => {
      const places = (trace.customdata ?? []).flatMap((held, i) => (own(held) ? [i] : []));
      if (!places.length || !trace.x || !trace.y) return [];
      const { xaxis, yaxis } = trace;
      return [{
        type: "scatter", xaxis, yaxis, showlegend: false, hoverinfo: "skip", cliponaxis: false,
        x: places.map((i) => trace.x[i]),
        y: places.map((i) => trace.y[i]),
        mode: places.length > 1 ? "lines+markers+text" : "markers+text",
        text: places.map((_, i) => (i === places.length - 1 ? economy.name : "")),
        textposition: "top center",
        textfont: { color: variable("--cb-ink"), size: 14 },
        line: { color: variable("--cb-ink"), width: 3 },
        marker: { symbol: "circle-open", size: 16, color: variable("--cb-ink"), line: { width: 3 } },
      }];
    });
  }

  function themedFigure(figure) {
    const colours = themeColours();
    const layout = recoloured(figure.layout, colours);
    const hasHeadings = layout.annotations?.some((note) => note.yref === "paper" && note.y >= 1);
    return {
      data: [...recoloured(figure.data, colours), ...lit(figure.data)],
      layout: {
        ...layout,
        template: template(),
        margin: { ...layout.margin, t: hasHeadings ? TOP_WITH_HEADINGS : TOP },
        paper_bgcolor: "rgba(0,0,0,0)",
        plot_bgcolor: "rgba(0,0,0,0)",
        dragmode: false,
        autosize: true,
        // One trace has no legend, also where the reader's economy stands beside it.
        showlegend: layout.showlegend ?? figure.data.length > 1,
      },
    };
  }

  function sayItFailed(plot, error) {
    const note = document.createElement("p");
    note.className = "cb-chart__note";
    note.textContent = "The chart could not be drawn here; its data are in the table below.";
    plot.replaceWith(note);
    note.closest("figure").querySelector("details").open = true;
    console.error(error);
  }

  function draw(plot) {
    if (!drawing.has(plot)) drawing.set(plot, drawAnew(plot));
    return drawing.get(plot);
  }

  // The points of a specification curve are the rows of its table, from the lowest estimate: each is
  // told by its choices, then by what they come to.
  function tellRows(plot, figure) {
    const marked = figure.data.filter((trace) => trace.meta === "table");
    if (!marked.length) return;
    const [heads, ...rows] = [...plot.closest("figure").querySelectorAll("tr")].map((row) =>
      [...row.cells].map((cell) => cell.textContent));
    const unit = figure.layout.yaxis.title.text;
    const told = (cells, isExact) => {
      const choices = cells.slice(1, -5).map((choice, i) => `${heads[i + 1]}: ${choice}`);
      const [outcome, value, low, high] = cells.slice(-5);
      const interval = isExact ? "exact" : `95 % interval ${low} to ${high}`;
      const lines = [...choices, `${value} ${unit}, ${interval}: ${outcome}.`];
      return lines.map(escaped).join("<br>");
    };
    for (const trace of marked) {
      const { array, arrayminus } = trace.error_y;
      trace.hovertext = trace.x.map((rank, i) => told(rows[rank - 1], !array[i] && !arrayminus[i]));
    }
  }

  async function drawAnew(plot) {
    const figure = JSON.parse(plot.parentElement.querySelector(".cb-chart__figure").textContent);
    tellRows(plot, figure);
    drawn.set(plot, figure);
    try {
      const plotly = await loadPlotly();
      const { data, layout } = themedFigure(figure);
      await plotly.newPlot(plot, data, layout, CONFIG);
      // Plotly's own, in which it measures words.
      document.getElementById("js-plotly-tester")?.setAttribute("aria-hidden", "true");
      widths.observe(plot);
      plot.dataset.drawn = "true";
    } catch (error) {
      drawn.delete(plot);
      drawing.delete(plot);
      sayItFailed(plot, error);
    }
  }

  // The panel moves the last point of the specification curve to the reader's choice.
  function choose({ chart, x, y }) {
    const plot = document.querySelector(`#${chart} .cb-chart__plot`);
    if (!plot) return;
    const stored = plot.parentElement.querySelector(".cb-chart__figure");
    const figure = drawn.get(plot) ?? JSON.parse(stored.textContent);
    const last = figure.data.length - 1;
    Object.assign(figure.data[last], { x: [x], y: [y], visible: true });
    if (!drawn.has(plot)) stored.textContent = JSON.stringify(figure);
    if (plot.dataset.drawn) {
      window.Plotly.restyle(plot, { x: [[x]], y: [[y]], visible: true }, [last]);
    }
  }

  document.addEventListener("cb-choose", (event) => choose(event.detail));
  document.addEventListener("cb-economy", (event) => {
    economy = event.detail;
    redrawAll();
  });

  // A chart with steps: its slider shows one of the states that were computed for it.
  async function step(plot, control) {
    const name = JSON.parse(control.dataset.steps)[control.value];
    control.setAttribute("aria-valuetext", name);
    control.parentElement.querySelector("output").textContent = name;
    await draw(plot);
    const figure = drawn.get(plot);
    if (!figure) return; // it could not be drawn, and the page says so
    // A step holds what differs from the others; the rest stands in the figure.
    const moved = figure.steps[control.value];
    figure.data = figure.data.map((trace, i) => ({ ...trace, ...moved[i] }));
    const { data, layout } = themedFigure(figure);
    window.Plotly.react(plot, data, layout, CONFIG);
  }

  document.querySelectorAll(".cb-chart__step input").forEach((control) => {
    const plot = control.closest("figure").querySelector(".cb-chart__plot");
    control.addEventListener("input", () => step(plot, control));
    control.value = control.defaultValue; // not what the browser remembers of the last visit
    control.hidden = false;
  });

  const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

  function wrapped(text, letters) {
    const lines = [""];
    for (const word of text.split(/\s+/)) {
      if (lines.at(-1) && lines.at(-1).length + word.length >= letters) lines.push("");
      lines.push(`${lines.pop()} ${word}`.trim());
    }
    return lines.map(escaped).join("<br>");
  }

  // A chart as a picture says what it is: its title above, its source below, the paper behind.
  async function picture(plot, format) {
    await draw(plot);
    const figure = plot.closest("figure");
    const width = Math.max(plot.clientWidth, 640);
    const letters = Math.floor(width / 9); // in the sans-serif of whoever opens the picture
    const title = wrapped(figure.querySelector("figcaption").firstChild.textContent.trim(), letters * 0.75);
    const source = wrapped(figure.querySelector(".cb-chart__source").textContent, letters * 1.1);
    const lines = (text) => text.split("<br>").length;
    const [above, below] = [20 + 22 * lines(title), 30 + 16 * lines(source)];
    const { data, layout } = themedFigure(drawn.get(plot));
    const height = layout.height + above + below;
    const inner = layout.height - layout.margin.t - 40;
    const note = {
      text: source, x: 0, y: -(below + 26) / inner, xref: "paper", yref: "paper", xanchor: "left",
      yanchor: "bottom", align: "left", showarrow: false, font: { size: 12, color: variable("--cb-muted") },
    };
    const whole = {
      ...layout,
      font: { family: "sans-serif" }, // the picture does not carry the page's
      title: { text: title, x: 0.01, xanchor: "left", y: 1, yanchor: "top", yref: "container", pad: { t: 14 * lines(title) }, font: { size: 18 } },
      margin: { ...layout.margin, t: layout.margin.t + above, b: 40 + below },
      annotations: [...(layout.annotations ?? []), note],
      paper_bgcolor: variable("--cb-paper"),
    };
    const size = { format, width, height, scale: format === "png" ? 2 : 1 };
    return window.Plotly.toImage({ data, layout: { ...whole, width, height } }, size);
  }

  // image.js asks for it, and saves it.
  window.claimbookPicture = picture;

  function redrawAll() {
    if (!window.Plotly) return;
    for (const [plot, figure] of drawn) {
      const { data, layout } = themedFigure(figure);
      window.Plotly.react(plot, data, layout, CONFIG);
    }
  }

  const widths = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) {
      const full = target._fullLayout;
      if (full && contentRect.width > 0 && Math.abs(full.width - contentRect.width) >= 1) {
        window.Plotly.Plots.resize(target);
      }
    }
  });

  const views = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        views.unobserve(target);
        draw(target);
      }
    },
    { rootMargin: NEAR }
  );

  const plots = document.querySelectorAll(".cb-chart__plot");
  // The place that an empty drawing has kept is kept by the plot itself once that is drawn; on paper
  // it is 320 px high, or where words would become too small a little more.
  for (const plot of plots) {
    const height = plot.querySelector(".cb-chart__place").getAttribute("height");
    plot.style.height = `${height}px`;
    plot.style.setProperty("--cb-on-paper", Math.min(1, Math.max(0.55, 320 / height)));
    plot.replaceChildren();
  }
  plots.forEach((plot) => views.observe(plot));
  // A chart that the address names is what the reader came for. Else the script that draws is only
  // fetched, so that it is there when it is needed.
  const named = document.getElementById(location.hash.slice(1))?.querySelector(".cb-chart__plot");
  // The theme's own scripts come after it (joined.py), but wait no longer than a reader would.
  const first = named ? Promise.race([draw(named), new Promise((end) => setTimeout(end, PATIENCE))]) : null;
  const theme = document.currentScript.dataset.after;
  if (theme) {
    Promise.resolve(first).then(() =>
      document.head.append(Object.assign(document.createElement("script"), { src: theme })));
  }
  if (!named && plots.length && !navigator.connection?.saveData) {
    const hint = { rel: "preload", as: "script", href: PLOTLY, fetchPriority: "low" };
    document.head.append(Object.assign(document.createElement("link"), hint));
  }
  new MutationObserver(redrawAll).observe(document.documentElement, {
    attributeFilter: ["data-theme"],
  });
  // Paper shows every chart, also those that never came into view, and is always light.
  window.matchMedia("print").addEventListener("change", (event) => {
    if (event.matches) plots.forEach(draw);
    redrawAll();
  });
  window.addEventListener("beforeprint", () => plots.forEach(draw));
})();
