// The labels of server processes: the one of this page, and those on messages.

import { part } from "./parts.js";

const own = document.querySelector("#chat-server");
const log = document.querySelector("#chat-log");
const labels = new Set();
const ports = new Set();

showServer(own.textContent);

/** Return a label. Those on messages are only visible once there are two servers. */
export function labelOf(server, isOld) {
  const port = Number.parseInt(server, 10);
  ports.add(port);
  // In an old message, another pid at the same port is only a restart.
  if (!isOld) labels.add(server);
  log.classList.toggle("two-servers", labels.size > 1 || ports.size > 1);
  const label = part("small", "server", server);
  // The golden angle takes the colours of neighbouring ports far apart.
  label.style.setProperty("--hue", Math.round(port * 137.5) % 360 || 0);
  return label;
}

/** Show which server the page is connected to. */
export function showServer(server) {
  own.title = "";
  own.replaceChildren(labelOf(server, false));
}

/** A reconnect may lead to another server, which only a message can show. */
export function forgetServer() {
  own.title = gettext("Send a message to find out which server this is.");
  own.textContent = "?";
}
