// What a reader has chosen stands in the address, after the "?": choices of checks, an economy, the
// filters of a list. So a link shows it again, and a link to a part of the page keeps it.
"use strict";

window.claimbookAddress = {
  // The values of a name; an address that makes no sense has none.
  read(name) {
    return new URLSearchParams(location.search).getAll(name);
  },

  // Put values in the place of those of a name, as legible as an address may be.
  write(name, values) {
    const kept = [...new URLSearchParams(location.search)].filter(([key]) => key !== name);
    const all = [...kept, ...values.map((value) => [name, value])];
    const part = (text) => encodeURIComponent(text).replaceAll("%3A", ":").replaceAll("%20", "+");
    const query = all.map(([key, value]) => `${part(key)}=${part(value)}`).join("&");
    history.replaceState(null, "", location.pathname + (query && `?${query}`) + location.hash);
  },
};
