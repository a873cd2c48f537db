// Shows notifications as they come, and reconnects when the connection drops.

const LOG_IN = 4401;
const WAIT = 2000; // milliseconds before reconnecting

const list = document.querySelector("#notifications");
const status = document.querySelector("#status");
const scheme = location.protocol === "https:" ? "wss" : "ws";
const shown = new Set(); // ids: after a reconnect, the latest ones come again

connect();

function connect() {
  const socket = new WebSocket(`${scheme}://${location.host}${document.body.dataset.socket}`);
  socket.addEventListener("open", () => {
    status.textContent = "Connected.";
  });
  socket.addEventListener("message", ({ data }) => {
    for (const notification of JSON.parse(data).notifications) show(notification);
  });
  socket.addEventListener("close", ({ code }) => {
    status.textContent = code === LOG_IN ? "You are logged out." : "Reconnecting…";
    if (code !== LOG_IN) setTimeout(connect, WAIT);
  });
}

function show({ id, text }) {
  if (shown.has(id)) return;
  shown.add(id);
  const item = document.createElement("li");
  item.textContent = text; // as text, never as markup
  list.prepend(item);
}
