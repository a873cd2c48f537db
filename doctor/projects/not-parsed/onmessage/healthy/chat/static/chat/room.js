const room = encodeURIComponent(document.querySelector("main").dataset.roomName);
const scheme = location.protocol === "https:" ? "wss" : "ws";
const socket = new WebSocket(`${scheme}://${location.host}/ws/chat/${room}/`);

// Never innerHTML = message: typed text must not become markup.
socket.onmessage = function (evento) {
  const item = document.createElement("li");
  item.textContent = JSON.parse(evento.data).text;
  document.querySelector("main").append(item);
};

const worker = new Worker("/static/chat/worker.js");
worker.onmessage = (event) => console.log(event.data.text, event.data.length);
window.addEventListener("message", (event) => console.log(event.data.kind));
