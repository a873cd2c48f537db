// Messages that the person hasn't seen: a button, and a number in the tab's title.

import { isAtEnd, log } from "./log.js";

const button = document.querySelector("#chat-unseen");
const { title } = document;
let unseen = []; // elements of the log

log.addEventListener("scroll", () => unseen.length && show());
document.addEventListener("visibilitychange", show);
button.addEventListener("click", () => {
  log.scrollTop = unseen[0].offsetTop;
  log.focus({ preventScroll: true }); // the button disappears
  clearUnseen();
});

export function addUnseen(items) {
  unseen.push(...items.filter((item) => item.className !== "mine"));
  show();
}

export function clearUnseen() {
  unseen = [];
  show();
}

function show() {
  if (isAtEnd && !document.hidden) unseen = [];
  const count = unseen.length;
  document.title = count && document.hidden ? `(${count}) ${title}` : title;
  button.hidden = !count || isAtEnd;
  const format = ngettext("%s new message", "%s new messages", count);
  button.textContent = interpolate(format, [count]);
}
