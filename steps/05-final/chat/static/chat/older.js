// Scrolling back: the messages from before the first one in the log.

import { firstShown, keepPlace, log, showBefore } from "./log.js";

const NEAR = 40; // pixels from the top of the log

const button = document.querySelector("#chat-older");
const status = document.querySelector("#chat-older-status");
let asked; // for the messages before this one, which haven't come yet
let ask;

/** Call `request(before)` to ask for messages; it returns whether that was possible. */
export function onOlder(request) {
  ask = () => {
    const before = firstShown();
    if (!asked && !button.hidden && request(before)) asked = before;
  };
  button.addEventListener("click", ask);
  let isByFocus = false; // the focus scrolls to the button, but doesn't press it
  button.addEventListener("focus", () => (isByFocus = true));
  log.addEventListener("scroll", () => {
    if (log.scrollTop < NEAR && !isByFocus) ask();
    isByFocus = false;
  });
}

export function offerOlder(more) {
  asked = undefined;
  // The focus must not disappear with the button.
  if (!more && document.activeElement === button) log.focus({ preventScroll: true });
  button.hidden = !more;
}

export function showOlder({ messages, more }) {
  if (asked !== firstShown()) return; // the page has forgotten those in between
  keepPlace(() => {
    offerOlder(more);
    showBefore(messages);
  });
  const format = ngettext("%s older message", "%s older messages", messages.length);
  status.textContent = interpolate(format, [messages.length]);
}

export function askAgainIn(milliseconds) {
  setTimeout(() => {
    if (!asked) return;
    asked = undefined;
    ask();
  }, milliseconds);
}

/** No answer will come; the person can ask again. */
export function stopAsking() {
  asked = undefined;
}
