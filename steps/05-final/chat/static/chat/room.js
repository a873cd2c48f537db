// How a message travels here: through one socket, open for as long as the page.

import { onSend, showMessage, showProblem, showStatus } from "./page.js";

const scheme = location.protocol === "https:" ? "wss" : "ws";
const socket = new WebSocket(`${scheme}://${location.host}/ws${location.pathname}`);

const shown = new Set(); // the ids of the messages on the page

socket.addEventListener("open", () => showStatus("Connected."));

socket.addEventListener("message", ({ data }) => {
  const content = JSON.parse(data);
  if (content.error) {
    showProblem(content.error);
    return;
  }
  // The history when we enter, or one message; one said meanwhile may be in both.
  for (const message of content.messages ?? [content]) {
    if (!shown.has(message.id)) showMessage(message);
    shown.add(message.id);
  }
});

socket.addEventListener("close", ({ code }) => {
  showStatus(`Disconnected (code ${code}). Reload the page to come back.`, { trouble: true });
});

onSend((message) => {
  // send() would throw it away in silence.
  if (socket.readyState !== WebSocket.OPEN) throw new Error("you are not connected.");
  socket.send(JSON.stringify(message));
});
