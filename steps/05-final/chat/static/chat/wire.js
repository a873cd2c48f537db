// Reports the frames of WebSockets to the panel. It must load before the chat's scripts,
// because it wraps the class that they use.
//
// Bytes: a frame's header and payload (RFC 6455, section 5.2). The handshake and everything
// below the frames are not counted.

import { addRow, count, say } from "./panel.js";

const loadedAt = Date.now();
const utf8 = new TextEncoder();

window.WebSocket = class extends window.WebSocket {
  #closer = "↓"; // the server or the network, unless this page does it

  constructor(url, protocols = []) {
    super(url, protocols);
    addRow("↑", say("handshake"));
    this.addEventListener("open", () => addRow("↓", `101 ${say("socket open")}`));
    this.addEventListener("close", ({ code }) => addRow(this.#closer, `${say("close")} ${code}`));
    this.addEventListener("message", ({ data }) => {
      const { type, ...seen } = frameOf(data);
      count(addRow("↓", type), { ...seen, bytes: frameSize(sizeOf(data)) });
    });
  }

  send(data) {
    super.send(data);
    if (this.readyState !== WebSocket.OPEN) return; // the browser dropped it
    // A client masks what it sends: four bytes more than in the other direction.
    count(addRow("↑", frameOf(data).type), { bytes: frameSize(sizeOf(data)) + 4 });
  }

  close(...reason) {
    if (this.readyState < WebSocket.CLOSING) this.#closer = "↑";
    super.close(...reason);
  }
};

function frameSize(payload) {
  if (payload < 126) return 2 + payload;
  return (payload < 65_536 ? 4 : 10) + payload;
}

/** Return what a frame carries. Plain text, as on the echo page, is a message too. */
function frameOf(data) {
  return { type: "message", messages: 1, ...contentsOf(data) };
}

/** Return what JSON carries: its type, how many messages, how long the last one took. */
export function contentsOf(text) {
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    return {};
  }
  if (!(content instanceof Object)) return {};
  const messages = content.messages ?? (content.text === undefined ? [] : [content]);
  const sentAt = messages.at(-1)?.sent_at;
  return {
    type: content.type ?? (content.error ? "error" : messages.length ? "message" : "frame"),
    messages: messages.length,
    // A message that is older than this page took no time to get here.
    ms: sentAt >= loadedAt ? Math.max(0, Date.now() - sentAt) : undefined,
    server: content.server,
  };
}

/** Return the size of a text or of binary data, in bytes. */
export function sizeOf(data) {
  return typeof data === "string" ? utf8.encode(data).length : (data.size ?? data.byteLength);
}
