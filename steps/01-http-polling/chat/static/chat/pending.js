// Our own messages, from Send until the server returns them.
//
// The page shows them at once. A Send button that does nothing for two seconds looks
// broken.

import { showMessage } from "./page.js";

const log = document.querySelector("#chat-log");

/** Show a message that we are sending; return its bubble. */
export function showPending(message) {
  const bubble = showMessage(message);
  bubble.classList.add("pending");
  bubble.dataset.sentAt = message.sent_at;
  bubble.ariaLive = "off"; // a screen reader reads it when the server returns it
  const state = bubble.lastChild; // where the server's label will be
  state.className = "state";
  state.textContent = "not yet seen";
  log.scrollTop = log.scrollHeight;
  return bubble;
}

/** Show a message from the server; it replaces our own copy, if there is one. */
export function showStored(message) {
  // By time, not by id: a poll may return a message before its POST has an answer. The
  // time is from our clock, and a person doesn't send twice in a millisecond.
  log.querySelector(`.pending[data-sent-at="${message.sent_at}"]`)?.remove();
  // Every page shows stored messages in the server's order, so pending ones come last.
  log.insertBefore(showMessage(message), log.querySelector(".pending"));
}
