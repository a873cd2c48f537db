// The labels of server processes: the page's own, and those on messages.

import { part } from "./parts.js";

const own = document.querySelector("#chat-server");
const log = document.querySelector("#chat-log");
const labels = new Set();
const ports = new Set();

showServer(own.textContent);

/** Return a label. On messages, it is only visible once there are two servers. */
export function labelOf(server, isOld = false) {
  const port = Number.parseInt(server, 10);
  ports.add(port);
  if (!isOld) labels.add(server); // of an old one, another pid may mean a restart
  log.classList.toggle("two-servers", labels.size > 1 || ports.size > 1);
  const label = part("small", "server", server);
  // The golden angle: neighbouring ports get colours far apart.
  label.style.setProperty("--hue", Math.round(port * 137.5) % 360 || 0);
  return label;
}

/** Show which server the page is connected to. */
export function showServer(server) {
  own.replaceChildren(labelOf(server));
}

/** A reconnect may lead to another server, which only a message can show. */
export function forgetServer() {
  own.textContent = gettext("unknown server");
}
