// Argue with it: looks up the variant a reader chooses, in the grid that stands in the page.
//
// The choice is kept in the address (#choice:CHECK:VARIANT), so that a link shows it again. The
// point moves on the specification curve, which charts.js draws.
"use strict";

(() => {
  const PREFIX = "#choice:";

  function chosen(form, grid) {
    const places = [...form.querySelectorAll("select")].map((select) => Number(select.value));
    return grid.variants.find((variant) => variant.places.every((place, i) => place === places[i]));
  }

  function show(form, grid, variant) {
    form.querySelector(".cb-panel__estimate").textContent = variant.estimate;
    form.querySelector(".cb-panel__interval").textContent = variant.interval;
    const outcome = form.querySelector(".cb-outcome");
    outcome.className = `cb-outcome cb-outcome--${variant.outcome}`;
    outcome.textContent = variant.outcome;
    form.querySelector(".cb-panel__place").textContent = variant.rank
      ? `Your choice is number ${variant.rank} of ${grid.of} on the curve, counted from the lowest estimate.`
      : "Your choice has no place on the curve: too few economies have figures.";
    if (grid.primary && variant.rank) {
      const detail = { chart: "chart-specification-curve", x: variant.rank, y: variant.value };
      document.dispatchEvent(new CustomEvent("cb-choose", { detail }));
    }
  }

  function select(form, variant) {
    [...form.querySelectorAll("select")].forEach((control, i) => {
      control.value = String(variant.places[i]);
    });
  }

  function start(form) {
    const grid = JSON.parse(form.querySelector(".cb-panel__grid").textContent);
    const headline = grid.variants[0];
    const mark = `${PREFIX}${form.dataset.check}:`;

    function fromAddress() {
      const hash = decodeURIComponent(location.hash);
      const id = hash.startsWith(mark) ? hash.slice(mark.length) : null;
      const variant = grid.variants.find((one) => one.id === id) ?? headline;
      select(form, variant);
      show(form, grid, variant);
      return id !== null;
    }

    form.addEventListener("change", () => {
      const variant = chosen(form, grid);
      history.replaceState(null, "", `${mark}${variant.id}`);
      show(form, grid, variant);
    });
    form.addEventListener("reset", (event) => {
      event.preventDefault();
      select(form, headline);
      history.replaceState(null, "", location.pathname + location.search);
      show(form, grid, headline);
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    window.addEventListener("hashchange", fromAddress);
    form.hidden = false;
    if (fromAddress()) form.scrollIntoView();
  }

  // Once every script has been read: charts.js must be listening when the first choice is shown.
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".cb-panel").forEach(start);
  });
})();
