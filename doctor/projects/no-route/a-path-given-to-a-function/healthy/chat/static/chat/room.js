const scheme = location.protocol === "https:" ? "wss" : "ws";

function connect(path, onText) {
  const socket = new WebSocket(scheme + "://" + location.host + path);
  socket.onmessage = (event) => onText(JSON.parse(event.data).text);
  return socket;
}

const room = encodeURIComponent(document.querySelector("main").dataset.roomName);
connect(`/ws/chat/${room}/`, (text) => {
  document.querySelector("main").append(text);
});
