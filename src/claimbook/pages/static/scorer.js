// Chapters come before the pages that only list what chapters say: Sphinx's search takes these scores
// in the place of its own, which they otherwise repeat.
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
