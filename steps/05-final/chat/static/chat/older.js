// Scrolling back: the messages from before the first one that the page shows.

import { keepPlace, oldestShown, showBefore } from "./log.js";

const NEAR = 40; // pixels to the top of the log

const log = document.querySelector("#chat-log");
const button = document.querySelector("#chat-older");
const status = document.querySelector("#chat-older-status");
let asked; // before which message, while there is no answer
let wish;

/** Call `ask(before)` when the person wants more; it tells whether somebody was asked. */
export function onOlder(ask) {
  wish = () => {
    const before = oldestShown();
    if (!asked && !button.hidden && ask(before)) asked = before;
  };
  button.addEventListener("click", wish);
  // Whoever comes to the button by keyboard scrolls there too, but has not pressed it.
  let isByFocus = false;
  button.addEventListener("focus", () => (isByFocus = true));
  log.addEventListener("scroll", () => {
    if (log.scrollTop < NEAR && !isByFocus) wish();
    isByFocus = false;
  });
}

/** Say whether there is something to ask for. */
export function offerOlder(more) {
  asked = undefined;
  // The focus must not vanish with the button.
  if (!more && document.activeElement === button) log.focus({ preventScroll: true });
  button.hidden = !more;
}

/** Show a page of older messages. */
export function showOlder({ messages, more }) {
  if (asked !== oldestShown()) return; // what lay between has been taken away
  keepPlace(() => {
    offerOlder(more);
    showBefore(messages);
  });
  const format = ngettext("%s older message", "%s older messages", messages.length);
  status.textContent = interpolate(format, [messages.length]);
}

/** The server wants to be asked later. */
export function tryAgainIn(milliseconds) {
  setTimeout(() => {
    if (!asked) return;
    asked = undefined;
    wish();
  }, milliseconds);
}

/** The line is down, or did not do it: ask again when the person does. */
export function stopAsking() {
  asked = undefined;
}
