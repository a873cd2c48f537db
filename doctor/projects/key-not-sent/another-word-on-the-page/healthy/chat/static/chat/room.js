const room = encodeURIComponent(document.querySelector("main").dataset.roomName);
const scheme = location.protocol === "https:" ? "wss" : "ws";
const socket = new WebSocket(`${scheme}://${location.host}/ws/chat/${room}/`);

// Never innerHTML = message: typed text must not become markup.
socket.addEventListener("message", ({ data }) => {
  const item = document.createElement("li");
  const dados = JSON.parse(data);
  if (dados.error) alert(dados.error);
  item.textContent = dados.text;
  document.querySelector("main").append(item);
});
