// Economy by economy: a check's values as a chart of dots, a world map in five shades, or a table.
"use strict";

(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const WORLD = document.currentScript.src.replace(/[^/]*$/, "world.js");
  const SHADES = 5;
  const NEAR = "600px";
  let loading = null;

  // A page opened from disk may not fetch: what comes later comes as a script.
  function loaded(address) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = resolve;
      script.onerror = () => reject(new Error(`${address} could not be loaded`));
      document.head.append(script);
    });
  }

  function world() {
    loading ??= loaded(WORLD).then(() => window.claimbookWorld);
    return loading;
  }

  function make(tag, attributes = {}, ...inside) {
    const drawn = ["svg", "g", "circle", "line", "text", "title", "path", "pattern", "defs"].includes(tag);
    const element = drawn ? document.createElementNS(SVG, tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...inside);
    return element;
  }

  function start(section) {
    let names = {};
    let checks = null; // until the section comes near the view
    const form = section.querySelector("form");
    const shown = section.querySelector(".cb-values__shown");
    const borders = section.querySelector(".cb-values__borders");
    const { read, write } = window.claimbookAddress;
    let lit = null;

    const asked = () => checks.find((check) => check.id === form.elements.check.value);
    const ordered = ({ economies }) => Object.entries(economies).sort(([, a], [, b]) => b - a);
    const name = (code) => names[code] ?? code;

    function written(check, value) {
      if (check.alike && (value === 0 || value === 1)) return value ? "yes" : "no";
      const digits = Math.abs(value) < 10 ? 2 : 3;
      return value.toLocaleString("en", { maximumSignificantDigits: digits }).replace("-", "−");
    }

    // Limits between shades: fifths of the economies; zero is one of them where values lie on both sides.
    function limits(check) {
      const values = Object.values(check.economies).sort((a, b) => a - b);
      if (check.alike) return [(values[0] + values.at(-1)) / 2];
      const cuts = [1, 2, 3, 4].map((i) => values[Math.floor((i * values.length) / SHADES)]);
      if (values[0] < 0 && values.at(-1) > 0) {
        const nearest = cuts.reduce((a, b) => (Math.abs(b) < Math.abs(a) ? b : a));
        cuts[cuts.indexOf(nearest)] = 0;
      }
      return [...new Set(cuts)];
    }

    function shade(cuts, value) {
      const step = cuts.filter((cut) => value >= cut).length;
      return Math.round(1 + (step * (SHADES - 1)) / cuts.length);
    }

    function legend(check, cuts) {
      const values = Object.values(check.economies);
      const ends = [Math.min(...values), ...cuts, Math.max(...values)];
      const words = check.alike && ends[0] === 0 && ends.at(-1) === 1
        ? ["no", "yes"]
        : cuts.concat(ends.at(-1)).map((end, i) => `${written(check, ends[i])} to ${written(check, end)}`);
      const keys = words.map((text, i) => [
        `cb-shade-${Math.round(1 + (i * (SHADES - 1)) / cuts.length)}`, text,
      ]);
      return make("p", { class: "cb-values__legend" }, ...[...keys, ["cb-shade-none", "no figures"]].map(
        ([kind, text]) => make("span", {}, make("i", { class: kind }), text)
      ));
    }

    async function map(check) {
      const text = await world();
      const drawing = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
      const cuts = limits(check);
      const defs = make("defs", {}, make("pattern",
        { id: "cb-hatch", width: 9, height: 9, patternUnits: "userSpaceOnUse" },
        make("path", { d: "M0 9L9 0", class: "cb-hatch" })));
      drawing.prepend(defs);
      for (const shape of drawing.querySelectorAll("path:not(.cb-hatch), circle")) {
        const code = shape.id;
        const value = check.economies[code];
        shape.removeAttribute("id"); // ids of the page are its own
        if (code) shape.dataset.economy = code;
        if (value === undefined) shape.setAttribute("fill", "url(#cb-hatch)");
        shape.setAttribute("class", value === undefined ? "cb-shade-none" : `cb-shade-${shade(cuts, value)}`);
        const told = value === undefined ? "no figures here" : written(check, value);
        shape.append(make("title", {}, code ? `${names[code] ?? code}: ${told}` : "no figures in this source"));
        if (code && code === lit) shape.classList.add("cb-lit");
      }
      drawing.querySelector(".cb-lit")?.parentNode.append(drawing.querySelector(".cb-lit"));
      drawing.setAttribute("class", "cb-values__map");
      drawing.setAttribute("role", "img");
      drawing.setAttribute("aria-label", `World map: ${check.question} The table has the same values.`);
      return [document.importNode(drawing, true), legend(check, cuts)];
    }

    function chart(check) {
      const values = ordered(check).reverse();
      const width = 700;
      const gap = 11;
      const low = Math.min(0, values[0][1]);
      const high = Math.max(0, values.at(-1)[1]);
      const at = (value) => 20 + ((value - low) / (high - low || 1)) * (width - 40);
      const stacks = new Map();
      const dots = values.map(([code, value]) => {
        const column = Math.round(at(value) / gap);
        stacks.set(column, (stacks.get(column) ?? 0) + 1);
        return { code, value, x: column * gap, level: stacks.get(column) };
      });
      const tallest = Math.max(...stacks.values());
      const step = Math.min(gap, 260 / tallest);
      const base = step * tallest + 30;
      const drawing = make("svg", {
        class: "cb-values__dots", viewBox: `0 0 ${width} ${base + 24}`, role: "img",
        "aria-label": `${dots.length} dots, one an economy, from ${name(values[0][0])} (${written(check, values[0][1])}) to ${name(values.at(-1)[0])} (${written(check, values.at(-1)[1])}).`,
      });
      for (const end of new Set([low, 0, high])) {
        drawing.append(
          make("line", { class: "cb-values__grid", x1: at(end), x2: at(end), y1: 14, y2: base }),
          make("text", { x: at(end), y: base + 17, "text-anchor": "middle" }, written(check, end))
        );
      }
      for (const { code, value, x, level } of dots) {
        const kind = value > 0 ? "rise" : "fall";
        const dot = make("circle", { class: `cb-values__dot cb-values__dot--${kind}`, cx: x, cy: base - step * (level - 0.5), r: 5 },
          make("title", {}, `${name(code)}: ${written(check, value)}`));
        dot.dataset.economy = code;
        dot.classList.toggle("cb-lit", code === lit);
        drawing.append(dot);
      }
      return [drawing];
    }

    function table(check) {
      const rows = ordered(check).map(([code, value]) => {
        const row = make("tr", {}, make("th", { scope: "row" }, name(code)),
          make("td", { class: "cb-num" }, written(check, value)));
        row.dataset.economy = code;
        row.classList.toggle("cb-lit", code === lit);
        return row;
      });
      const head = make("tr", {}, make("th", { scope: "col" }, "Economy"), make("th", { scope: "col", class: "cb-num" }, "Value"));
      const whole = make("table", { class: "cb-compact" },
        make("caption", {}, check.question), make("thead", {}, head), make("tbody", {}, ...rows));
      const region = { class: "cb-table cb-values__table", role: "region", tabindex: 0, "aria-label": "Values by economy" };
      return [make("div", region, whole)];
    }

    const views = { chart, map, table };

    async function show() {
      if (!checks) return;
      const view = form.elements.view.value;
      borders.hidden = view !== "map";
      try {
        shown.replaceChildren(...(await views[view](asked())));
      } catch (error) {
        shown.replaceChildren(make("p", {}, "The map could not be loaded here; the table has its values."));
        console.error(error);
      }
      const told = lit ? asked().economies[lit] : undefined;
      if (told !== undefined) {
        shown.append(make("p", { class: "cb-values__lit" }, `${name(lit)}: ${written(asked(), told)}`));
      }
    }

    form.addEventListener("change", () => {
      const { check, view } = form.elements;
      const headline = check.selectedIndex === 0 && view.value === "chart";
      write("values", headline ? [] : [`${check.value}:${view.value}`]);
      show();
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    document.addEventListener("cb-economy", ({ detail }) => {
      lit = detail?.code ?? null;
      show();
    });
    const [check, view] = (read("values")[0] ?? "").split(":");
    const held = [...form.elements.check.options].some((option) => option.value === check);
    if (held) form.elements.check.value = check;
    if (view in views) form.elements.view.value = view;
    section.hidden = false;
    new IntersectionObserver(async (entries, observer) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      try {
        await loaded(section.dataset.values);
        ({ names, checks } = window.claimbookValues);
        show();
      } catch (error) {
        shown.replaceChildren(make("p", {}, "The values could not be loaded here."));
        console.error(error);
      }
    }, { rootMargin: NEAR }).observe(section);
  }

  document.querySelectorAll(".cb-values").forEach(start);
})();
