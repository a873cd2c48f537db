// How many begin. In StrictMode, each message comes twice: see tests/test_recipes.py.

export function openRoom(url, { onMessage }) {
  let socket;

  function connect() {
    socket = new WebSocket(url);
    socket.addEventListener("message", ({ data }) => onMessage(JSON.parse(data)));
    socket.addEventListener("close", () => connect());
  }

  connect();
  return { close: () => socket.close() };
}
