// The page around the messages: whether it is connected, and what a person types.

import { part } from "./parts.js";

const status = document.querySelector("#chat-status");
const problem = document.querySelector("#chat-problem");
const form = document.querySelector("#chat-form");
const input = document.querySelector("#chat-message-input");

// An on-screen keyboard has no Shift+Enter, so its Enter breaks the line.
const isTouch = matchMedia("(pointer: coarse)").matches;
if (!isTouch) {
  input.placeholder = input.ariaDescription = gettext("Shift+Enter for a new line");
}

export function showConnected() {
  status.className = "";
  status.textContent = gettext("Connected.");
}

export function showDown({ code, delay, isFinal }) {
  const what = interpolate(gettext("Disconnected (code %s)."), [code]);
  const next = interpolate(gettext("Trying again in %s s."), [Math.ceil(delay / 1000)]);
  status.className = "trouble";
  status.replaceChildren(what, " ", isFinal ? wayOut(code) : next);
}

/** Return the link that helps after a final close code; the server has sent the reason. */
function wayOut(code) {
  const link = part("a", "", gettext("Reload the page"));
  link.href = location.pathname; // without a login, it leads there first
  if (code === 4401) link.textContent = gettext("Log in again");
  if (code === 4403 || code === 4404) {
    link.textContent = gettext("Go to the lobby");
    link.href = document.querySelector("#chat-lobby").href;
  }
  return link;
}

export function showProblem(text) {
  problem.textContent = text;
}

/** Call `send(text)` when the person sends something, and `report()` while they type. */
export function onInput(send, report) {
  // Until now the browser would have submitted the form, and lost the text.
  document.querySelector("#chat-message-submit").disabled = false;
  input.addEventListener("input", () => input.value.trim() && report());
  input.addEventListener("keydown", (event) => {
    // Enter also ends a word in Chinese or Japanese; Safari then reports key 229.
    const isComposing = event.isComposing || event.keyCode === 229;
    if (event.key !== "Enter" || event.shiftKey || isComposing || isTouch) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = input.value;
    if (!text.trim()) return;
    input.value = "";
    showProblem("");
    send(text);
  });
}

/** Let the person type, after `text` if there is one to edit. */
export function focusInput(text) {
  if (text) input.value = [input.value, text].filter(Boolean).join(" ");
  input.focus();
}
