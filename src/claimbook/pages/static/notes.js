// Notes on terms and citations: what their link's title says, for mouse, keyboard and touch alike.
//
// The pointer or the focus shows the note, Escape or moving on closes it; a tap shows it too, with
// the link to follow inside, where a mouse or the Enter key follows the link at once.
"use strict";

(() => {
  const links = document.querySelectorAll(".bd-article a.reference[title][href*='#']");
  if (!links.length) return;
  const note = document.createElement("div");
  Object.assign(note, { id: "cb-note", className: "cb-note", hidden: true });
  note.setAttribute("role", "tooltip");
  document.querySelector(".bd-article").append(note);
  let shown = null;
  let touched = false;
  let leaving = 0;

  function close() {
    clearTimeout(leaving);
    note.hidden = true;
    shown?.removeAttribute("aria-describedby");
    shown = null;
  }

  function show(link) {
    clearTimeout(leaving);
    if (shown === link) return;
    close();
    shown = link;
    const more = document.createElement("a");
    more.href = link.href;
    more.textContent = link.classList.contains("cb-term") ? "In the glossary" : "In the references";
    const text = document.createElement("p");
    text.textContent = link.dataset.note;
    note.replaceChildren(text, more);
    note.hidden = false;
    link.setAttribute("aria-describedby", note.id);
    const place = link.getBoundingClientRect();
    const holder = note.offsetParent.getBoundingClientRect();
    const left = Math.min(place.left, document.documentElement.clientWidth - note.offsetWidth - 12);
    note.style.left = `${Math.max(12, left) - holder.left}px`;
    note.style.top = `${place.bottom - holder.top + 4}px`;
  }

  const later = () => {
    clearTimeout(leaving);
    leaving = setTimeout(close, 250); // time to reach the note
  };

  for (const link of links) {
    link.dataset.note = link.title;
    link.removeAttribute("title");
    link.addEventListener("pointerenter", ({ pointerType }) => pointerType === "mouse" && show(link));
    link.addEventListener("pointerleave", ({ pointerType }) => pointerType === "mouse" && later());
    link.addEventListener("pointerdown", ({ pointerType }) => { touched = pointerType !== "mouse"; });
    link.addEventListener("focus", () => link.matches(":focus-visible") && show(link));
    link.addEventListener("blur", later);
    link.addEventListener("click", (event) => {
      if (!touched) return;
      touched = false;
      event.preventDefault();
      if (shown === link) close();
      else show(link);
    });
  }
  note.addEventListener("pointerenter", () => clearTimeout(leaving));
  note.addEventListener("pointerleave", later);
  note.addEventListener("focusin", () => clearTimeout(leaving));
  note.addEventListener("focusout", later);
  document.addEventListener("keydown", ({ key }) => key === "Escape" && close());
  document.addEventListener("pointerdown", ({ target }) => {
    if (shown && !note.contains(target) && target.closest("a") !== shown) close();
  });
})();
