const room = encodeURIComponent(document.querySelector("main").dataset.roomName);
const scheme = location.protocol === "https:" ? "wss" : "ws";
const socket = new WebSocket(`${scheme}://${location.host}/ws/chat/${room}/`);

// Never innerHTML = message: typed text must not become markup.
socket.addEventListener("message", ({ data }) => {
  const item = document.createElement("li");
  const message = JSON.parse(data);
  if (message.kind === "joined") {
    item.textContent = message.text;
  } else {
    show(message);
  }
  document.querySelector("main").append(item);
});

function show({ author }) {
  console.log(author);
}
function start(socket) {
  socket.send(JSON.stringify({ anything: 1 }));
}
socket.addEventListener("open", () => start(socket));
