// The page of a room: what people see and type. How a message travels is not its
// business; that stands in room.js.

const log = document.querySelector("#chat-log");
const status = document.querySelector("#chat-status");
const problem = document.querySelector("#chat-problem");
const form = document.querySelector("#chat-form");
const pending = document.querySelector("#chat-pending");
const textInput = document.querySelector("#chat-message-input");

for (const label of document.querySelectorAll("[data-server]")) {
  label.style.setProperty("--hue", hueOf(label.dataset.server));
}

/** Show a message at the end of the log. */
export function showMessage({ sender, text, server }) {
  const item = document.createElement("p");
  item.append(
    part("strong", "sender", sender),
    part("span", "text", text),
    part("small", "server", server),
  );
  item.lastChild.style.setProperty("--hue", hueOf(server));
  // Whoever has scrolled up to read stays there.
  const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 40;
  pending.before(item);
  if (atEnd) log.scrollTop = log.scrollHeight;
}

/** Show how the page hears the room, or why it does not. */
export function showStatus(text, { trouble = false } = {}) {
  if (status.textContent === text) return; // a screen reader would say it again
  status.textContent = text;
  status.classList.toggle("trouble", trouble);
}

/** Show a message of our own that is on its way. */
export function showPending({ cid, text }) {
  const item = document.createElement("p");
  item.className = "pending";
  item.dataset.cid = cid;
  item.append(part("span", "text", text), part("small", "state", "sending…"));
  pending.append(item);
  log.scrollTop = log.scrollHeight;
}

/** Take a message away that is not on its way any more. */
export function removePending(cid) {
  if (cid) pending.querySelector(`[data-cid="${CSS.escape(cid)}"]`)?.remove();
}

/** Take every message away. */
export function clearLog() {
  log.replaceChildren(pending);
}

/** Call `send(text)` when the person sends something. */
export function onSend(send) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = textInput.value;
    if (!text.trim()) return;
    textInput.value = "";
    showProblem("");
    send(text);
  });
}

/** Give a text back to the person, unless there is another one already. */
export function restoreText(text) {
  textInput.value ||= text;
}

/** Show what is wrong with what the person sent. */
export function showProblem(text) {
  problem.textContent = text;
}

function part(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text; // never innerHTML: typed text must not become markup
  return element;
}

/** Return the colour of a server: neighbouring ports get colours far apart. */
function hueOf(server) {
  return Math.round(Number.parseInt(server, 10) * 137.5) % 360 || 0; // the golden angle
}
