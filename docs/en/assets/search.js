/* Fetches the search index when a reader opens the search, and not before.
 *
 * The theme asks for the whole index on every page: over http when the page opens, and
 * from disk (file://) to mark the words of a search. This holds the request back until
 * the search opens, or until the page comes from a search (`?h=…` marks its words).
 * The theme's own script must find it in place, so it comes first.
 *
 * Over http the theme asks for search_index.json. The same index is in search_index.js,
 * behind "var __index = ", and from disk only a script can be read. One file does both.
 */
(() => {
  "use strict";

  // The theme reads a query as lunr's query language: ":" ends the name of a field, and
  // quotes, "+" and "-" require or exclude a word. But people paste tracebacks, routes and
  // commands, so the theme gets only the words.
  const box = document.querySelector("[data-md-component='search-query']");
  if (!box) return;
  const typed = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");
  // Lunr finds what begins with a word, so "notification" finds the plural as well, and
  // not the other way round. "Channels" and "Windows" are names.
  const PLURAL = /(?<![\w'])(?!channels|windows)([a-z]{4,}[^\W\dsiu_])s(?![\w'])/gi;
  // A query that finds nothing is asked once more, with "~" after its words: lunr then
  // finds words that differ in one letter, and in two if they are long.
  let misspelt;
  Object.defineProperty(box, "value", {
    get: () => {
      const text = typed.get.call(box);
      const words = text.replace(/[:*+~^"\\-]/g, " ");
      if (text === misspelt) {
        return words.replace(/\S{5,}/g, (word) => `${word}~${word.length < 8 ? 1 : 2}`);
      }
      return words.replace(PLURAL, "$1");
    },
    set: (text) => typed.set.call(box, text),
  });
  const meta = document.querySelector(".md-search-result__meta");
  const { translations } = JSON.parse(document.getElementById("__config").textContent);
  new MutationObserver(() => {
    const text = typed.get.call(box);
    if (text === misspelt || meta.textContent !== translations["search.result.none"]) return;
    misspelt = text;
    box.dispatchEvent(new KeyboardEvent("keyup"));
  }).observe(meta, { childList: true });

  const PREFIX = "var __index = ".length;
  const fromSearch = new URLSearchParams(location.search).has("h");
  const opened = new Promise((open) => {
    if (fromSearch) open();
    else document.querySelector("#__search")?.addEventListener("change", open);
  });

  if (location.protocol === "file:") {
    const append = document.head.appendChild.bind(document.head);
    document.head.appendChild = (node) => {
      if (node.src?.endsWith("/search/search_index.js")) opened.then(() => append(node));
      else append(node);
      return node;
    };
    return;
  }

  const { open, send } = XMLHttpRequest.prototype;
  const waiting = new WeakSet();

  XMLHttpRequest.prototype.open = function (method, url, ...rest) {
    const isIndex = String(url).endsWith("/search/search_index.json");
    if (isIndex) {
      waiting.add(this);
      Object.defineProperty(this, "response", {
        get() {
          const { get } = Object.getOwnPropertyDescriptor(XMLHttpRequest.prototype, "response");
          return get.call(this)?.slice(PREFIX); // a Blob
        },
      });
    }
    return open.call(this, method, isIndex ? String(url).slice(0, -2) : url, ...rest);
  };

  XMLHttpRequest.prototype.send = function (body) {
    if (waiting.has(this)) opened.then(() => send.call(this, body));
    else send.call(this, body);
  };
})();
