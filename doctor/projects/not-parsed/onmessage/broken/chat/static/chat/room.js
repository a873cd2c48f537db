const room = encodeURIComponent(document.querySelector("main").dataset.roomName);
const scheme = location.protocol === "https:" ? "wss" : "ws";
const socket = new WebSocket(`${scheme}://${location.host}/ws/chat/${room}/`);

// Never innerHTML = message: typed text must not become markup.
socket.onmessage = function (evento) {
  const item = document.createElement("li");
  item.textContent = evento.data.text;
  document.querySelector("main").append(item);
};
