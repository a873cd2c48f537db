// Our own messages, from Send until the server returns them.
//
// The page shows them at once. A Send button that seems to do nothing for two seconds
// looks broken.

import { showMessage } from "./page.js";

const log = document.querySelector("#chat-log");

/** Show a message that we are sending; return its bubble. */
export function showUnseen(message) {
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

/** Show a message from the server, instead of our own copy if there is one. */
export function showSeen(message) {
  const unseen = [...log.querySelectorAll(".pending")];
  // By time and not by id: a poll may return the message before our POST has its answer.
  // The time is on our clock, and nobody sends twice in a millisecond.
  unseen.find(({ dataset }) => dataset.sentAt === String(message.sent_at))?.remove();
  // All pages show messages in the server's order; those without a place in it come last.
  log.insertBefore(showMessage(message), log.querySelector(".pending"));
}
