// Scrolling back: the messages from before the first one in the log.

import { keepPlace, log, oldestShown, showBefore } from "./log.js";

const NEAR = 40; // pixels from the top of the log

const button = document.querySelector("#chat-older");
const status = document.querySelector("#chat-older-status");
let asked; // for the messages before this one, which haven't come yet
let ask;

/** Call `request(before)` to ask for messages; it returns whether that was possible. */
export function onOlder(request) {
  ask = () => {
    const before = oldestShown();
    if (!asked && !button.hidden && request(before)) asked = before;
  };
  button.addEventListener("click", ask);
  // To focus the button scrolls too, but doesn't press it.
  let isByFocus = false;
  button.addEventListener("focus", () => (isByFocus = true));
  log.addEventListener("scroll", () => {
    if (log.scrollTop < NEAR && !isByFocus) ask();
    isByFocus = false;
  });
}

/** Show the button if there are more messages to ask for. */
export function offerOlder(more) {
  asked = undefined;
  // The focus must not disappear with the button.
  if (!more && document.activeElement === button) log.focus({ preventScroll: true });
  button.hidden = !more;
}

/** Show a page of older messages. */
export function showOlder({ messages, more }) {
  if (asked !== oldestShown()) return; // the page has forgotten those in between
  keepPlace(() => {
    offerOlder(more);
    showBefore(messages);
  });
  const format = ngettext("%s older message", "%s older messages", messages.length);
  status.textContent = interpolate(format, [messages.length]);
}

/** Ask once more, after a pause. */
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
