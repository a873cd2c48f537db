// Reports polls and event streams to the panel, as wire.js does for WebSockets.
//
// Bytes: for HTTP, the first line, headers and body; the server counts those of the
// request, because a page can't see all headers that its browser sends. For an event,
// its text. Everything below HTTP is not counted.

import { addRow, count, startCount } from "./panel.js";
import { contentsOf, sizeOf } from "./wire.js";

let changed = false; // whether somebody has just changed the transport

document.querySelector("#transport").addEventListener("change", () => {
  changed = true;
  startCount();
});
document
  .querySelector("#wire .rows")
  .insertAdjacentHTML("beforebegin", `<p class="hint">A new transport starts a new count.</p>`);

// ---- Polls

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
  return String(url).includes("wait=") ? "long poll" : "poll";
}

function headOf({ status, statusText, headers }) {
  const lines = [...headers].map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${statusText}\r\n${lines.join("")}\r\n`;
}

// ---- Server-Sent Events

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
