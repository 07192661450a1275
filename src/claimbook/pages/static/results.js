// The search page: chapters come before the pages that only list what chapters say, and a result shows
// sentences, not the cells of a table. Sphinx's search takes these scores in the place of its own,
// which they otherwise repeat.
var Scorer = {
  score: ([docname, , , , score]) => {
    const inPart = docname.split("/").length > 2 && !docname.endsWith("/index");
    return score + (inPart ? 15 : 0);
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};

// A result shows the sentence that has the word, and what follows it; else how its page begins.
// What only lists, labels or names is left out.
const SHOWN = 240; // letters

function sentences(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const beside = "[hidden], .headerlink, .cb-verdict, .cb-outcome, .cb-moves, table, form, .cb-about";
  page.querySelectorAll(beside).forEach((part) => part.remove());
  const said = [...page.querySelectorAll(".bd-article :is(p, li):not(li :is(p, li))")];
  const found = said.flatMap((part) => {
    const text = part.textContent.replace(/\s+/g, " ").trim();
    // The list of all economies: one of them is no sentence.
    if (part.closest(".cb-country__every")) {
      return text.split(" · ").map((name) => `${name}: what every chapter found of it.`);
    }
    return text.split(/(?<=[.?!…]) (?=\p{Lu})/u);
  });
  return found.filter((sentence) => /[.?!…]$/.test(sentence) && !sentence.includes(" · "));
}

function summary(html, words) {
  const said = sentences(html);
  const sought = [...words].map((word) => word.toLowerCase());
  const holds = (sentence) => sought.some((word) => sentence.toLowerCase().includes(word));
  const first = Math.max(0, said.findIndex(holds));
  let text = said[first] ?? "";
  for (const next of said.slice(first + 1)) {
    if (text.length + next.length > SHOWN) break;
    text = `${text} ${next}`;
  }
  return text;
}

// Before Sphinx's own listener, which starts the search.
document.addEventListener("DOMContentLoaded", () => {
  Search.makeSearchSummary = (html, words) => {
    const shown = document.createElement("p");
    shown.className = "context";
    shown.textContent = summary(html, words);
    return shown;
  };
});
