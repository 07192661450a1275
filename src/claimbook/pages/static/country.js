// Your country: a box with suggestions, by the names people use; the economy chosen stands in the
// address (?economy=GHA), gets each claim's sentence, and lights up in the charts of the page.
"use strict";

(() => {
  const MOST = 8; // suggestions
  const { read, write } = window.claimbookAddress;
  // Without accents, capitals and signs, so that "cote d'ivoire" finds Côte d’Ivoire.
  const plain = (text) =>
    text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^a-z0-9]+/g, " ").trim();

  function start(section) {
    const { told, alone } = JSON.parse(section.querySelector(".cb-country__data").textContent);
    const names = window.claimbookEconomies;
    const input = section.querySelector("input");
    const list = section.querySelector(".cb-country__list");
    const clear = section.querySelector(".cb-country__clear");
    const said = section.querySelector(".cb-country__said");
    const known = Object.entries(names).map(([code, all]) => ({ code, all, plain: all.map(plain) }));
    let active = -1;

    // Those whose name begins so come before those that only hold it.
    function fitting(text) {
      const sought = plain(text);
      if (!sought) return [];
      const place = (one) => {
        if (one.plain.some((name) => name === sought)) return 0;
        if (one.plain.some((name) => name.startsWith(sought))) return 1;
        return one.plain.some((name) => ` ${name}`.includes(` ${sought}`)) ? 2 : 3;
      };
      return known
        .map((one) => [place(one), one])
        .filter(([rank]) => rank < 3)
        .sort(([rank], [other]) => rank - other)
        .slice(0, MOST)
        .map(([, one]) => one);
    }

    function close() {
      list.hidden = true;
      active = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function suggest() {
      const found = fitting(input.value);
      list.replaceChildren(...found.map(({ code, all, plain: forms }, i) => {
        const option = document.createElement("span");
        const sought = plain(input.value);
        const other = all.find((name, at) => forms[at].startsWith(sought) && name.length > 3);
        Object.assign(option, { id: `country-sought-${i}`, className: "cb-country__option" });
        option.setAttribute("role", "option");
        option.dataset.code = code;
        option.textContent = other && other !== all[0] ? `${all[0]} (${other})` : all[0];
        return option;
      }));
      list.hidden = found.length === 0;
      input.setAttribute("aria-expanded", String(found.length > 0));
      move(found.length ? 0 : -1);
    }

    function move(to) {
      active = to;
      [...list.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === to)));
      if (to < 0) input.removeAttribute("aria-activedescendant");
      else input.setAttribute("aria-activedescendant", list.children[to].id);
    }

    function sentence(one, code, name) {
      const filled = (text) => text.replaceAll("{economy}", name).replaceAll("{name}", name);
      const held = one.economies[code];
      if (held) {
        const [value, count] = held;
        if (!one.sentence) {
          return `${filled(one.values[value])} So it is in ${count} of ${one.n} economies.`;
        }
        const rank = `Rank ${count} of ${one.n}, counted from the highest value.`;
        return `${filled(one.sentence).replaceAll("{value}", value)} ${rank}`;
      }
      if (one.none) return filled(one.none);
      if (one.lacking.economies.includes(code)) {
        return `${name}: no figure at all of “${one.lacking.series}” in this release.`;
      }
      return `${name} is not among the ${one.n} economies that this check counts: it lacks figures for the years compared, or is not of the group that the claim is about.`;
    }

    function tell(code, name) {
      said.replaceChildren(...told.map((one) => {
        const line = document.createElement("p");
        if (alone) {
          const link = document.createElement("a");
          link.href = `${one.url}?economy=${code}`;
          link.textContent = one.title;
          const chip = document.createElement("span");
          chip.className = `cb-verdict cb-verdict--small cb-verdict--${one.verdict}`;
          chip.textContent = one.verdict;
          line.append(link, " ", chip, document.createElement("br"));
        }
        line.append(sentence(one, code, name));
        if (!(code in one.economies)) line.className = "cb-country__none";
        return line;
      }));
    }

    function choose(code, keep = true) {
      const name = names[code]?.[0] ?? "";
      input.value = name;
      clear.hidden = !name;
      close();
      if (name) tell(code, name);
      else said.replaceChildren();
      const all = section.querySelector(".cb-country__all");
      if (all) {
        all.hidden = !name;
        all.firstElementChild.search = name ? `?economy=${code}` : "";
      }
      for (const mark of document.querySelectorAll("[data-economy]")) {
        const own = Boolean(name) && mark.dataset.economy === code;
        mark.classList.toggle("cb-lit", own);
        if (own && mark.ownerSVGElement) mark.parentNode.append(mark); // above its neighbours
      }
      if (keep) write("economy", name ? [code] : []);
      const detail = name ? { code, name } : null;
      document.dispatchEvent(new CustomEvent("cb-economy", { detail }));
    }

    input.addEventListener("input", suggest);
    input.addEventListener("focus", () => input.select());
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      const count = list.hidden ? 0 : list.children.length;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (count === 0) suggest();
        else move((active + (event.key === "ArrowDown" ? 1 : count - 1)) % count);
      } else if (event.key === "Enter") {
        event.preventDefault();
        const code = count ? list.children[active].dataset.code : fitting(input.value)[0]?.code;
        if (code) choose(code);
      } else if (event.key === "Escape") {
        close();
      }
    });
    // Before the box loses the focus, which closes the list.
    list.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[data-code]");
      if (option) choose(option.dataset.code);
    });
    clear.addEventListener("click", () => {
      choose(null);
      input.focus();
    });
    section.hidden = false;
    const wanted = read("economy")[0]?.toUpperCase();
    if (wanted in names) choose(wanted, false);
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".cb-country").forEach(start);
  });
})();
