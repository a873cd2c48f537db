// The page of a room: what people see and type. How a message travels is not its
// business; that stands in room.js.

const MOST_LINES = 12; // of a message, without scrolling

const log = document.querySelector("#chat-log");
const status = document.querySelector("#chat-status");
const problem = document.querySelector("#chat-problem");
const form = document.querySelector("#chat-form");
const nameInput = document.querySelector("#chat-sender-input");
const textInput = document.querySelector("#chat-message-input");

// One name for each tab, so that two tabs on one computer are two people.
nameInput.value =
  sessionStorage.getItem("sender") ?? `guest ${Math.floor(1000 + Math.random() * 9000)}`;
nameInput.addEventListener("change", () => {
  sessionStorage.setItem("sender", nameInput.value);
});

for (const label of document.querySelectorAll("[data-server]")) {
  label.style.setProperty("--hue", hueOf(label.dataset.server));
}

/** Show a message at the end of the log. */
export function showMessage({ sender, text, server }) {
  const item = document.createElement("p");
  item.append(part("strong", "sender", sender), textOf(text), part("small", "server", server));
  item.lastChild.style.setProperty("--hue", hueOf(server));
  // Whoever has scrolled up to read stays there.
  const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 40;
  log.append(item);
  if (atEnd) log.scrollTop = log.scrollHeight;
}

/** Show how the page hears the room, or why it does not. */
export function showStatus(text, { trouble = false } = {}) {
  if (status.textContent === text) return; // a screen reader would say it again
  status.textContent = text;
  status.classList.toggle("trouble", trouble);
}

/** Call `send(message)` when the person sends one; give the text back if it fails. */
export function onSend(send) {
  // Until now the browser would have sent the form itself, and lost the text.
  document.querySelector("#chat-message-submit").disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = textInput.value;
    const message = { text, sender: nameInput.value.trim() || undefined, sent_at: Date.now() };
    if (!text.trim()) return;
    textInput.value = "";
    showProblem("");
    try {
      await send(message);
    } catch (error) {
      giveBack(text);
      showProblem(`Not sent: ${error.message}`);
    }
  });
}

/** Give the person a text back, after whatever has been typed meanwhile. */
function giveBack(text) {
  textInput.value = [textInput.value, text].filter(Boolean).join(" ");
}

/** Show what is wrong with what the person sent. */
export function showProblem(text) {
  problem.textContent = text;
}

/** Return what somebody said. A text of many lines scrolls by itself. */
function textOf(text) {
  const element = part("span", "text", text);
  if (text.split("\n").length > MOST_LINES) {
    element.classList.add("tall");
    element.tabIndex = 0; // the keyboard can scroll it, in every browser
  }
  return element;
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
