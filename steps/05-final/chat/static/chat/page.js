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

/** Show that the page is connected. */
export function showConnected() {
  status.className = "";
  status.textContent = gettext("Connected.");
}

/** Show why the page is disconnected, and what comes next. */
export function showDown({ code, delay, final }) {
  const what = interpolate(gettext("Disconnected (code %s)."), [code]);
  const next = interpolate(gettext("Trying again in %s s."), [Math.ceil(delay / 1000)]);
  status.className = "trouble";
  status.replaceChildren(what, " ", final ? wayOut(code) : next);
}

/** Return the link that helps after a final close code. The server has sent the reason. */
function wayOut(code) {
  const isOut = code === 4403 || code === 4404;
  const texts = { 4401: gettext("Log in again"), 4409: gettext("Use the chat here") };
  const toRoom = texts[code] ?? gettext("Reload the page");
  const link = part("a", "", isOut ? gettext("Go to the lobby") : toRoom);
  // The room's page asks for the login if that is missing.
  link.href = isOut ? document.querySelector("#chat-lobby").href : location.pathname;
  return link;
}

/** Show what is wrong with what the person sent. */
export function showProblem(text) {
  problem.textContent = text;
}

/** Call `send(text)` when the person sends something. */
export function onSend(send) {
  // Until now the browser would have submitted the form, and lost the text.
  document.querySelector("#chat-message-submit").disabled = false;
  input.addEventListener("keydown", (event) => {
    // In Chinese or Japanese, Enter also ends a word; Safari then reports key 229.
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

/** Call `report()` while the person types. */
export function onTyping(report) {
  input.addEventListener("input", () => input.value.trim() && report());
}

/** Let the person type, after `text` if there is one to edit. */
export function focusInput(text) {
  if (text) input.value = [input.value, text].filter(Boolean).join(" ");
  input.focus();
}
