/** The URL of a room's socket, at the host that served the page: Vite, or your proxy. */
export function urlOf(name) {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return `${scheme}://${location.host}/ws/chat/${encodeURIComponent(name)}/`;
}
