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

// Before Sphinx's own listener, which starts the search.
document.addEventListener("DOMContentLoaded", () => {
  Search.htmlToText = (html) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    page.querySelectorAll("[hidden], .headerlink").forEach((part) => part.remove());
    const said = [...page.querySelectorAll(".bd-article :is(p, li, h1, h2, h3)")];
    const sentences = said.filter((part) => !part.closest("table, form, .cb-about"));
    return sentences.map((part) => part.textContent.replace(/\s+/g, " ").trim()).join(" ");
  };
});
