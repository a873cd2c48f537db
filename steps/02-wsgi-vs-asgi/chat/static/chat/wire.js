// Reports what crosses the wire to the panel. It wraps fetch, EventSource and WebSocket,
// so it must load before the chat's scripts, which don't know about it.
//
// Bytes: for HTTP, the first line, headers and body; the server counts those of the
// request, because a page can't see all headers that its browser sends. For a WebSocket
// frame, its header and payload (RFC 6455, section 5.2); for an event, its text. The
// WebSocket handshake and everything below HTTP are not counted.

import { addRow, count, say, startCount } from "./panel.js";

const loadedAt = Date.now();
const utf8 = new TextEncoder();

// ---- HTTP

const realFetch = window.fetch;
window.fetch = async (resource, options = {}) => {
  const what = nameOf(resource, options);
  const asked = addRow("↑", what);
  try {
    const response = await realFetch(resource, options);
    const text = await response.clone().text();
    count(asked, { bytes: Number(response.headers.get("X-Request-Bytes")) });
    const seen = contentsOf(text);
    const news = seen.messages ? `${seen.messages} new` : "nothing new";
    const kind = response.ok ? (what === "post" ? "stored" : news) : "refused";
    const answered = addRow("↓", `${response.status} ${kind}`);
    count(answered, { ...seen, bytes: sizeOf(headOf(response) + text) });
    return response;
  } catch (error) {
    if (error.name !== "AbortError") count(asked, { bytes: 0 }); // else a new count began
    asked.cells[1].textContent += ", no answer";
    throw error;
  }
};

function nameOf(url, { method }) {
  if (method === "POST") return "post";
  return url.includes("wait=") ? "long poll" : "poll";
}

function headOf({ status, statusText, headers }) {
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${statusText}\r\n${lines.join("")}\r\n`;
}

// ---- Server-Sent Events

let changed = false; // whether somebody has just chosen this transport
document.querySelector("#transport")?.addEventListener("change", () => (changed = true));

window.EventSource = class extends window.EventSource {
  constructor(url, options) {
    super(url, options);
    if (changed) startCount(); // leaves out the poll before the stream
    changed = false;
    const asked = addRow("↑", "open event stream");
    this.addEventListener("open", () => count(asked, { bytes: 0 }), { once: true });
    this.addEventListener("error", () => addRow("↓", "event stream cut"));
    this.addEventListener("message", ({ data, lastEventId }) => {
      const bytes = sizeOf(`id: ${lastEventId}\ndata: ${data}\n\n`);
      count(addRow("↓", "event"), { ...contentsOf(data), bytes });
    });
  }
};

// ---- WebSocket

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

// ---- Contents

/** Return what a frame carries. Plain text, as on the echo page, is a message too. */
function frameOf(data) {
  return { type: "message", messages: 1, ...contentsOf(data) };
}

/** Return what JSON carries: its type, how many messages, how long the last one took. */
function contentsOf(text) {
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

function sizeOf(data) {
  return typeof data === "string" ? utf8.encode(data).length : (data.size ?? data.byteLength);
}
