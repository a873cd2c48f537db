/* "Your five chats" on the landing page.
 *
 * `python3 -m course run` serves this site from this machine and tells at
 * /chats.json which chats it started. Anywhere else there is nothing to ask, so
 * nothing is asked and the static text stays.
 *
 * A classic script, not a module: from disk (file://) a module does not load.
 * It holds no words: they stand in the page, in the language of the page.
 */
(() => {
  "use strict";

  const live = document.querySelector("#live-chats");
  const thisMachine = ["127.0.0.1", "localhost"].includes(location.hostname);
  // In a codespace, each port has a host of its own: NAME-8000.app.github.dev.
  const codespace = location.hostname.match(/^(.+)-\d+(\.app\.github\.dev)$/);
  if (!live || !(thisMachine || codespace)) return;

  fetch("chats.json", { cache: "no-store" })
    .then((answer) => (answer.ok ? answer.json() : { chats: [] }))
    .then(({ chats }) => show(chats))
    .catch(() => {}); // Another server, no list: the static text says what to do.

  function show(chats) {
    if (chats.length === 0) return;
    live.querySelector("tbody").replaceChildren(...chats.map(row));
    live.hidden = false;
    document.querySelector("#no-live-chats").hidden = true;
  }

  function row({ number, title, urls, note }) {
    const line = document.createElement("tr");
    line.append(cell(`${number} ${title}`), cell(...links(urls)), cell(note));
    return line;
  }

  function cell(...content) {
    const box = document.createElement("td");
    box.append(...content); // strings become text, never markup
    return box;
  }

  function links(urls) {
    return urls.flatMap((url) => {
      const link = document.createElement("a");
      link.href = codespace ? forwarded(url) : url;
      link.textContent = link.host;
      return [link, " "]; // the space lets a long row of addresses wrap
    });
  }

  function forwarded(url) {
    const { port, pathname } = new URL(url);
    return `https://${codespace[1]}-${port}${codespace[2]}${pathname}`;
  }
})();
