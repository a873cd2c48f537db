const room = encodeURIComponent(document.querySelector("main").dataset.roomName);
const scheme = location.protocol === "https:" ? "wss" : "ws";
const socket = new WebSocket(`${scheme}://${location.host}/ws/chat/${room}/all/`);

// Never innerHTML = message: typed text must not become markup.
socket.addEventListener("message", ({ data }) => {
  const item = document.createElement("li");
  item.textContent = JSON.parse(data).text;
  document.querySelector("main").append(item);
});
