// How a message travels here: through one socket, which is open as long as the page.

import { onSend, showMessage, showProblem, showStatus } from "./page.js";

const scheme = location.protocol === "https:" ? "wss" : "ws";
const socket = new WebSocket(`${scheme}://${location.host}${document.body.dataset.socket}`);

socket.addEventListener("open", () => showStatus("Connected."));

socket.addEventListener("message", ({ data }) => {
  const message = JSON.parse(data);
  if (message.error) {
    showProblem(message.error);
  } else {
    showMessage(message);
  }
});

socket.addEventListener("close", ({ code }) => {
  showStatus(`Disconnected (code ${code}). Reload the page to reconnect.`, { trouble: true });
});

onSend((message) => {
  // Otherwise send() would silently drop it.
  if (socket.readyState !== WebSocket.OPEN) throw new Error("you are not connected.");
  socket.send(JSON.stringify(message));
});
