// The page of a room around its messages: what is wrong, and what a person types.

import { colour } from "./parts.js";

const status = document.querySelector("#chat-status");
const problem = document.querySelector("#chat-problem");
const form = document.querySelector("#chat-form");
const textInput = document.querySelector("#chat-message-input");

document.querySelectorAll("[data-server]").forEach(colour);

/** Show how the page hears the room, or why it does not. */
export function showStatus(text, { trouble = false } = {}) {
  if (status.textContent === text) return; // a screen reader would say it again
  status.textContent = text;
  status.classList.toggle("trouble", trouble);
}

/** Show what is wrong with what the person sent. */
export function showProblem(text) {
  problem.textContent = text;
}

/** Call `send(text)` when the person sends something. */
export function onSend(send) {
  // Until now the browser would have sent the form itself, and lost the text.
  document.querySelector("#chat-message-submit").disabled = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = textInput.value;
    if (!text.trim()) return;
    textInput.value = "";
    showProblem("");
    send(text);
  });
}

/** Call `tell()` while the person types. */
export function onTyping(tell) {
  textInput.addEventListener("input", () => {
    if (textInput.value.trim()) tell();
  });
}

/** Let the person type. */
export function focusInput() {
  textInput.focus();
}

/** Give the person a text to change, after what is typed there already. */
export function giveBack(text) {
  textInput.value = [textInput.value, text].filter(Boolean).join(" ");
  focusInput();
}
