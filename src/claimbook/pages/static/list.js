// A table of claims that the reader filters and sorts: the rows say in data-… what they are.
"use strict";

document.querySelectorAll(".cb-list").forEach((form) => {
  const body = document.querySelector(`#${form.dataset.list} tbody`);
  const rows = [...body.rows];
  const controls = [...form.querySelectorAll("select")];
  const { read, write } = window.claimbookAddress;

  function fits(row) {
    return controls.every(({ name, value }) => {
      if (name === "sort" || value === "") return true;
      return row.dataset[name].split("|").includes(value);
    });
  }

  // Numbers from the largest, words from A.
  function before(name) {
    const kind = (row) => row.dataset[name] ?? "";
    return (one, other) =>
      Number(kind(other)) - Number(kind(one)) || kind(one).localeCompare(kind(other));
  }

  function show() {
    const sort = form.elements.sort.value;
    const ordered = sort ? [...rows].sort(before(sort)) : rows;
    body.append(...ordered);
    for (const row of rows) row.hidden = !fits(row);
    const shown = rows.filter((row) => !row.hidden).length;
    form.querySelector("output").textContent = `${shown} of ${rows.length} claims`;
  }

  for (const control of controls) {
    const wanted = read(control.name)[0];
    if ([...control.options].some((option) => option.value === wanted)) control.value = wanted;
    control.addEventListener("change", () => {
      write(control.name, control.value ? [control.value] : []);
      show();
    });
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  show();
});
