// The first WebSockets: each one has an object of its own on the server, and gets
// only its own messages back.

const scheme = location.protocol === "https:" ? "wss" : "ws";
const choice = document.querySelector("#chat-sender-input");
const input = document.querySelector("#chat-message-input");
const status = document.querySelector("#chat-status");
let socket;

choice.addEventListener("change", open);
open();

function open() {
  socket?.close();
  const opening = new WebSocket(`${scheme}://${location.host}${choice.value}`);
  socket = opening;
  opening.addEventListener("open", () => show(`${choice.value} is open.`));
  opening.addEventListener("message", ({ data }) => {
    const item = document.createElement("p");
    item.textContent = data; // never innerHTML: typed text must not become markup
    document.querySelector("#chat-log").append(item);
  });
  opening.addEventListener("close", ({ code }) => {
    // When a handshake fails, the browser doesn't tell the page why: the code is 1006.
    if (opening === socket) show(`${new URL(opening.url).pathname} is closed (code ${code}).`);
  });
}

// Before this line, the browser would have submitted the form and lost the text.
document.querySelector("#chat-message-submit").disabled = false;
document.querySelector("#chat-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const problem = document.querySelector("#chat-problem");
  problem.textContent = "";
  if (socket.readyState !== WebSocket.OPEN) {
    problem.textContent = "Not sent: the socket is not open. Reload the page to try again.";
    return;
  }
  socket.send(input.value);
  input.value = "";
});

function show(text) {
  status.textContent = text;
}
