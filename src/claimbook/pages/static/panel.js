// Argue with it: looks up the variant a reader chooses, in the grid that stands in the page.
//
// The choices are kept in the address (?choice=CHECK:VARIANT, once a check; older addresses have
// #choice:CHECK:VARIANT&…). Options of one name move together in the checks that count; sentence,
// estimate, curve (which charts.js draws), card and verdict follow, and what does not is marked.
"use strict";

(() => {
  const OLD = "#choice:";
  const panels = new Map(); // check -> its form, grid and the variant chosen
  let table = null; // which verdict follows from which outcomes

  const controls = (form) => [...form.querySelectorAll("select")];

  // The variants of a grid, which holds them in columns: their ids follow from the options' places,
  // of which the last changes fastest, and the ranks from the values, lowest first.
  function variants({ options, outcomes, values, estimates, intervals }) {
    const names = Object.keys(options);
    const found = outcomes.map((outcome, number) => {
      const places = {};
      let left = number;
      for (const name of [...names].reverse()) {
        places[name] = left % options[name].length;
        left = Math.floor(left / options[name].length);
      }
      const departures = [...names].sort().filter((name) => places[name] > 0);
      const id = departures.map((name) => options[name][places[name]]).join("+") || "headline";
      const [value, estimate, interval] = [values, estimates, intervals].map((held) => held[number]);
      return { id, places, outcome, value, estimate, interval, rank: null };
    });
    const held = found.filter(({ value }) => value !== null).sort((a, b) => a.value - b.value);
    held.forEach((variant, i) => { variant.rank = i + 1; });
    return found;
  }

  function chosen({ form, grid }) {
    return grid.variants.find(({ places }) =>
      controls(form).every(({ name, value }) => places[name] === Number(value)));
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

  function show({ form, grid, variant }) {
    form.querySelector(".cb-panel__estimate").textContent = variant.estimate;
    form.querySelector(".cb-panel__interval").textContent = variant.interval;
    mark(form.querySelector(".cb-outcome"), "cb-outcome", variant.outcome);
    form.querySelector(".cb-panel__place").textContent = place(grid, variant);
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

  // The card, the verdict in every panel, and the mark on all that still speaks of the headline.
  function showVerdict() {
    const word = verdict();
    const moved = departed().length > 0;
    document.documentElement.toggleAttribute("data-choices", moved);
    const whole = ".cb-card__yours, .cb-panel__verdict, .cb-panel__reset, .cb-headline";
    for (const part of document.querySelectorAll(whole)) part.hidden = !moved;
    for (const chip of document.querySelectorAll(":is(.cb-card__yours, .cb-panel__verdict) .cb-verdict")) {
      mark(chip, "cb-verdict", word);
    }
    const { variant } = panels.get(table.primary) ?? {};
    const estimate = document.querySelector(".cb-card__estimate");
    if (variant) estimate.textContent = `${variant.estimate} (${variant.interval})`;
  }

  function choose(panel, variant) {
    for (const control of controls(panel.form)) control.value = String(variant.places[control.name]);
    panel.variant = variant;
    show(panel);
  }

  function keepInAddress() {
    const kept = departed().map(([check, { variant }]) => `${check}:${variant.id}`);
    window.claimbookAddress.write("choice", kept);
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

  // What the address asks for, check and variant; a hash of percent signs is nonsense, not a choice.
  function wanted() {
    const asked = window.claimbookAddress.read("choice");
    if (location.hash.startsWith(OLD)) {
      try {
        asked.push(...decodeURIComponent(location.hash.slice(OLD.length)).split("&"));
      } catch {
        asked.push(""); // which no check is called
      }
    }
    return asked.map((one) => {
      const [check, ...id] = one.split(":");
      return [check, id.join(":")];
    });
  }

  // Show what the address asks for; what is gone opens the headline, and the page says so.
  function fromAddress() {
    const asked = new Map(wanted());
    let first = null;
    for (const [check, panel] of panels) {
      const found = panel.grid.variants.find((one) => one.id === asked.get(check));
      choose(panel, found ?? panel.grid.variants[0]);
      panel.form.querySelector(".cb-panel__gone").hidden = Boolean(found) || !asked.has(check);
      if (found) first ??= panel.form;
    }
    const held = ([check, id]) => panels.get(check)?.grid.variants.some((one) => one.id === id);
    document.querySelector(".cb-card__gone").hidden = [...asked].every(held);
    showVerdict();
    if (location.hash.startsWith(OLD)) {
      history.replaceState(null, "", location.pathname + location.search);
      keepInAddress();
    }
    return first;
  }

  function reset() {
    for (const one of panels.values()) choose(one, one.grid.variants[0]);
    for (const note of document.querySelectorAll(".cb-panel__gone, .cb-card__gone")) note.hidden = true;
    showVerdict();
    keepInAddress();
  }

  function start(form) {
    const stored = JSON.parse(form.querySelector(".cb-panel__grid").textContent);
    const grid = { curve: stored.curve, variants: variants(stored) };
    grid.of = grid.variants.filter(({ rank }) => rank).length;
    const panel = { form, grid, variant: grid.variants[0] };
    panels.set(form.dataset.check, panel);
    form.addEventListener("change", ({ target }) => {
      if (target.tagName !== "SELECT") return; // what belongs to the curve
      panel.variant = chosen(panel);
      show(panel);
      if (form.dataset.check in table.outcomes) follow(target);
      showVerdict();
      keepInAddress();
    });
    form.addEventListener("reset", (event) => {
      event.preventDefault();
      reset();
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.hidden = false;
    for (const part of form.querySelectorAll(".cb-panel__live")) part.hidden = false;
  }

  // Once every script has been read: charts.js must be listening when the first choice is shown.
  document.addEventListener("DOMContentLoaded", () => {
    const stored = document.querySelector(".cb-verdicts");
    if (!stored) return;
    table = JSON.parse(stored.textContent);
    document.querySelectorAll(".cb-panel").forEach(start);
    document.querySelector(".cb-card__argue").hidden = !panels.has(table.primary);
    document.querySelector(".cb-card__reset").addEventListener("click", reset);
    window.addEventListener("hashchange", () => {
      if (location.hash.startsWith(OLD)) fromAddress();
    });
    const first = fromAddress();
    if (first && location.hash === "") first.scrollIntoView();
  });
})();
