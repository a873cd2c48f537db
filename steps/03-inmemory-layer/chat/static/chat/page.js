// The page of a room: what people see and type. How a message travels is in room.js.

const MOST_LINES = 12; // of a message, without scrolling

const log = document.querySelector("#chat-log");
const status = document.querySelector("#chat-status");
const problem = document.querySelector("#chat-problem");
const form = document.querySelector("#chat-form");
const nameInput = document.querySelector("#chat-sender-input");
const textInput = document.querySelector("#chat-message-input");
const ports = new Set(); // of the servers that this page has seen

// One name per tab, so that two tabs on one computer are two people. `?name=Ana` sets it.
const guest = `guest ${Math.floor(1000 + Math.random() * 9000)}`;
nameInput.value = nameInAddress() ?? keptName() ?? guest;
keepName();
nameInput.addEventListener("change", keepName);

for (const label of document.querySelectorAll("[data-server]")) {
  colour(label, label.dataset.server);
}

function nameInAddress() {
  const name = new URLSearchParams(location.search).get("name")?.trim();
  return name && name.length <= nameInput.maxLength ? name : undefined;
}

// A browser that blocks cookies refuses sessionStorage, too. A reload then forgets the name.
function keepName() {
  try {
    sessionStorage.setItem("sender", nameInput.value);
  } catch {}
}

function keptName() {
  try {
    return sessionStorage.getItem("sender");
  } catch {
    return null;
  }
}

function myName() {
  return nameInput.value.trim() || "someone";
}

/** Show a message at the end of the log; return its bubble. */
export function showMessage({ sender, text, server }) {
  const bubble = document.createElement("p");
  bubble.classList.toggle("mine", sender === myName());
  const label = colour(part("small", "server", server), server);
  bubble.append(part("strong", "sender", sender), textOf(text), label);
  // If the person has scrolled up to read, the log doesn't move.
  const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 40;
  log.append(bubble);
  if (atEnd) log.scrollTop = log.scrollHeight;
  return bubble;
}

/** Show how the page receives messages, or why it doesn't. */
export function showStatus(text, { trouble = false } = {}) {
  if (status.textContent === text) return; // a screen reader would read it again
  status.textContent = text;
  status.classList.toggle("trouble", trouble);
}

/** Call `send(message)` when the person sends one; give the text back if it fails. */
export function onSend(send) {
  // Before this line, the browser would have submitted the form and lost the text.
  document.querySelector("#chat-message-submit").disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = textInput.value;
    const message = { text, sender: myName(), sent_at: Date.now() };
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

/** Put a text back into the input, after anything typed since. */
function giveBack(text) {
  textInput.value = [textInput.value, text].filter(Boolean).join(" ");
}

/** Show what is wrong with a message. */
export function showProblem(text) {
  problem.textContent = text;
}

/** Return an element with a message's text. It scrolls if there are many lines. */
function textOf(text) {
  const element = part("span", "text", text);
  if (text.split("\n").length > MOST_LINES) {
    element.classList.add("tall");
    element.tabIndex = 0; // so that the keyboard can scroll it in every browser
  }
  return element;
}

function part(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text; // never innerHTML: typed text must not become markup
  return element;
}

/** Give a server's label its colour. From the second server on, the log shows labels. */
function colour(label, server) {
  const port = Number.parseInt(server, 10);
  if (server) ports.add(port); // a message on its way to the server has none
  log.classList.toggle("two-servers", ports.size > 1);
  // The golden angle: neighbouring ports get colours far apart.
  label.style.setProperty("--hue", Math.round(port * 137.5) % 360 || 0);
  return label;
}
