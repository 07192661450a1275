// Argue with it: looks up the variant a reader chooses, in the grid that stands in the page.
//
// The choices are kept in the address (#choice:CHECK:VARIANT&CHECK:VARIANT), so that a link shows
// them again. Options of one name move together in the checks that count; the verdict that the
// choices make stands in every panel and on the card. The point moves on the curve, which
// charts.js draws.
"use strict";

(() => {
  const PREFIX = "#choice:";
  const panels = new Map(); // check -> its form, grid and the variant chosen
  let table = null; // which verdict follows from which outcomes

  const controls = (form) => [...form.querySelectorAll("select")];

  function chosen({ form, grid }) {
    const places = controls(form).map((control) => Number(control.value));
    return grid.variants.find((variant) => variant.places.every((place, i) => place === places[i]));
  }

  function mark(element, block, word) {
    element.className = `${block} ${block}--${word}${block === "cb-verdict" ? " cb-verdict--small" : ""}`;
    element.textContent = word;
  }

  function place(grid, variant) {
    if (!variant.rank) return "Your choice has no estimate.";
    const among = `Your choice is number ${variant.rank} of ${grid.of}, counted from the lowest estimate`;
    return grid.curve ? `${among}; the curve shows where.` : `${among}.`;
  }

  function show(panel) {
    const { form, grid, variant } = panel;
    form.querySelector(".cb-panel__estimate").textContent = variant.estimate;
    form.querySelector(".cb-panel__interval").textContent = variant.interval;
    mark(form.querySelector(".cb-outcome"), "cb-outcome", variant.outcome);
    form.querySelector(".cb-panel__place").textContent = place(grid, variant);
    for (const control of controls(form)) {
      const word = form.querySelector(`[data-option="${control.name}"]`);
      if (word) word.textContent = control.selectedOptions[0].textContent;
    }
    if (grid.curve && variant.rank) {
      const detail = { chart: "chart-specification-curve", x: variant.rank, y: variant.value };
      document.dispatchEvent(new CustomEvent("cb-choose", { detail }));
    }
  }

  const departed = () =>
    [...panels].filter(([, { grid, variant }]) => variant !== grid.variants[0]);

  // What the rule makes of the outcomes of all checks that count, as the reader has chosen them.
  function verdict() {
    const outcomes = { ...table.outcomes };
    for (const [check, { variant }] of panels) {
      if (check in outcomes) outcomes[check] = variant.outcome;
    }
    const others = Object.keys(outcomes).filter((check) => check !== table.primary);
    const beside = ["supports", "contradicts"].filter((word) =>
      others.some((check) => outcomes[check] === word)
    );
    return table.rule[[outcomes[table.primary], ...beside].join(" ")];
  }

  function showVerdict() {
    const word = verdict();
    const moved = departed().length > 0;
    for (const line of document.querySelectorAll(".cb-card__yours, .cb-panel__verdict")) {
      line.hidden = !moved;
      mark(line.querySelector(".cb-verdict"), "cb-verdict", word);
    }
  }

  function choose(panel, variant) {
    controls(panel.form).forEach((control, i) => {
      control.value = String(variant.places[i]);
    });
    panel.variant = variant;
    show(panel);
  }

  function keepInAddress() {
    const parts = departed().map(([check, { variant }]) => `${check}:${variant.id}`);
    const plain = location.pathname + location.search;
    history.replaceState(null, "", parts.length ? PREFIX + parts.join("&") : plain);
  }

  const words = (control) => [...control.options].map((option) => option.textContent).join("\n");

  function follow(control) {
    for (const [check, panel] of panels) {
      const twin = controls(panel.form).find((one) => one.name === control.name);
      if (!twin || !(check in table.outcomes) || words(twin) !== words(control)) continue;
      twin.value = control.value;
      panel.variant = chosen(panel);
      show(panel);
    }
  }

  // An address that no one could have meant, such as "#50%-growth", asks for nothing.
  function asked() {
    try {
      return decodeURIComponent(location.hash);
    } catch {
      return "";
    }
  }

  function fromAddress() {
    const hash = asked();
    const wanted = new Map();
    if (hash.startsWith(PREFIX)) {
      for (const part of hash.slice(PREFIX.length).split("&")) {
        const [check, ...id] = part.split(":");
        wanted.set(check, id.join(":"));
      }
    }
    let first = null;
    for (const [check, panel] of panels) {
      const found = panel.grid.variants.find((one) => one.id === wanted.get(check));
      choose(panel, found ?? panel.grid.variants[0]);
      panel.form.querySelector(".cb-panel__gone").hidden = Boolean(found) || !wanted.has(check);
      if (wanted.has(check)) first ??= panel.form;
    }
    showVerdict();
    return first;
  }

  function start(form) {
    const grid = JSON.parse(form.querySelector(".cb-panel__grid").textContent);
    const panel = { form, grid, variant: grid.variants[0] };
    panels.set(form.dataset.check, panel);
    form.addEventListener("change", (event) => {
      panel.variant = chosen(panel);
      show(panel);
      if (form.dataset.check in table.outcomes) follow(event.target);
      showVerdict();
      keepInAddress();
    });
    form.addEventListener("reset", (event) => {
      event.preventDefault();
      for (const one of panels.values()) choose(one, one.grid.variants[0]);
      form.querySelector(".cb-panel__gone").hidden = true;
      showVerdict();
      keepInAddress();
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
  }

  // Once every script has been read: charts.js must be listening when the first choice is shown.
  document.addEventListener("DOMContentLoaded", () => {
    const stored = document.querySelector(".cb-verdicts");
    if (!stored) return;
    table = JSON.parse(stored.textContent);
    document.querySelectorAll(".cb-panel").forEach(start);
    window.addEventListener("hashchange", fromAddress);
    fromAddress()?.scrollIntoView();
  });
})();
