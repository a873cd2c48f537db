// The wire panel: what really crosses the wire, the same panel in every step.
//
// It listens in on the browser's own ways to talk, fetch, EventSource and WebSocket,
// so that no script of the chat has to know of it. It must load before they do.
//
// Bytes: of an HTTP exchange, first line, headers and body, the request as counted by
// the server (a page cannot see all headers that its browser sends); of a WebSocket
// frame, header and payload (RFC 6455, section 5.2); of an event, its text. The
// WebSocket handshake and whatever lies below HTTP are not counted.

const MOST_ROWS = 100;
const MINUTE = 60; // seconds

const panel = document.querySelector("#wire");
const loadedAt = Date.now();
const utf8 = new TextEncoder();
const language = document.documentElement.lang;
// A chat that speaks several languages has a function for that.
const say = window.gettext ?? ((text) => text);
let total = { crossings: 0, bytes: 0, messages: 0 }; // since the last reset
// What crossed in each second of the last minute, { at, crossings, bytes }. Not each
// crossing by itself: a tab may be open all day.
export const seconds = [];

panel.innerHTML = `
  <details open>
    <summary>${say("The wire")}</summary>
    <dl>
      <div><dt>${say("crossings in the last minute")}</dt><dd id="wire-crossings"></dd></div>
      <div><dt>${say("bytes in the last minute")}</dt><dd id="wire-bytes"></dd></div>
      <div><dt>${say("messages seen")}</dt><dd id="wire-messages"></dd></div>
      <div>
        <dt>${say("crossings for each message seen")}</dt>
        <dd id="wire-crossings-each"></dd>
      </div>
      <div><dt>${say("bytes for each message seen")}</dt><dd id="wire-bytes-each"></dd></div>
    </dl>
    <button type="button" id="wire-reset">${say("Count from zero")}</button>
    <div class="rows" role="region" tabindex="0"
         aria-label="${say("Every crossing, the newest first")}">
      <table>
        <thead>
          <tr>
            <th scope="col">
              <abbr title="${say("↑ from this page, ↓ to this page")}">${say("dir")}</abbr>
            </th>
            <th scope="col">${say("what")}</th>
            <th scope="col">${say("bytes")}</th>
            <th scope="col"><abbr title="${say("milliseconds from send to seen")}">ms</abbr></th>
            <th scope="col">${say("server")}</th>
          </tr>
        </thead>
        <tbody id="wire-rows"></tbody>
      </table>
    </div>
  </details>`;

document.querySelector("#wire-reset").addEventListener("click", () => {
  total = { crossings: 0, bytes: 0, messages: 0 };
  seconds.length = 0;
  document.querySelector("#wire-rows").replaceChildren();
  showTotals();
});
setInterval(showTotals, 1000); // the last minute moves on, even when nothing crosses
showTotals();

// ---- HTTP -------------------------------------------------------------------

const realFetch = window.fetch;
window.fetch = async (resource, options = {}) => {
  const what = nameOf(new URL(resource, location.href), options.method ?? "GET");
  const asked = addRow("↑", what);
  try {
    const response = await realFetch(resource, options);
    const text = await response.clone().text();
    const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`);
    const lines = [`HTTP/1.1 ${response.status} ${response.statusText}`, ...headers, ""];
    count(asked, { bytes: Number(response.headers.get("X-Request-Bytes")) });
    const seen = contentsOf(text);
    const news = seen.messages ? `${seen.messages} new` : "nothing new";
    const kind = response.ok ? (what === "post" ? "stored" : news) : "refused";
    const answered = addRow("↓", `${response.status} ${kind}`);
    count(answered, { ...seen, bytes: sizeOf(lines.join("\r\n") + "\r\n" + text) });
    return response;
  } catch (error) {
    count(asked, { bytes: 0 });
    asked.note(error.name === "AbortError" ? "given up" : "no answer");
    throw error;
  }
};

function nameOf(url, method) {
  if (method === "POST") return "post";
  return url.searchParams.has("wait") ? "long poll" : "poll";
}

// ---- Server-Sent Events --------------------------------------------------------

window.EventSource = class extends window.EventSource {
  constructor(url, options) {
    super(url, options);
    const asked = addRow("↑", "open event stream");
    this.addEventListener("open", () => count(asked, { bytes: 0 }), { once: true });
    this.addEventListener("error", () => addRow("↓", "event stream cut").note(""));
    this.addEventListener("message", ({ data, lastEventId }) => {
      const bytes = sizeOf(`id: ${lastEventId}\ndata: ${data}\n\n`);
      count(addRow("↓", "event"), { ...contentsOf(data), bytes });
    });
  }
};

// ---- WebSocket -------------------------------------------------------------------

window.WebSocket = class extends window.WebSocket {
  constructor(url, protocols = []) {
    super(url, protocols);
    const asked = addRow("↑", say("handshake"));
    this.addEventListener("open", () => asked.note("101"));
    this.addEventListener("close", ({ code }) => addRow("↓", `${say("close")} ${code}`).note(""));
    this.addEventListener("message", ({ data }) => {
      count(addRow("↓", say("frame")), { ...contentsOf(data), bytes: frameSize(sizeOf(data)) });
    });
  }

  send(data) {
    super.send(data);
    if (this.readyState !== WebSocket.OPEN) return; // the browser threw it away
    // A client masks what it sends: four bytes more than in the other direction.
    count(addRow("↑", say("frame")), { bytes: frameSize(sizeOf(data)) + 4 });
  }
};

function frameSize(payload) {
  if (payload < 126) return 2 + payload;
  return (payload < 65_536 ? 4 : 10) + payload;
}

// ---- What it shows -----------------------------------------------------------------

/** Return how many messages a text carries, how long the last took, and its server. */
function contentsOf(text) {
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    return { messages: 0 };
  }
  const messages = content.messages ?? (content.text === undefined ? [] : [content]);
  const sentAt = messages.at(-1)?.sent_at;
  return {
    messages: messages.length,
    // What was sent before this page was there says nothing about the way here.
    ms: sentAt >= loadedAt ? Math.max(0, Date.now() - sentAt) : undefined,
    server: content.server,
  };
}

/** Add a row for something that starts to cross. */
function addRow(direction, what) {
  const row = document.createElement("tr");
  const cells = [direction, what, "", "", ""].map((text) => {
    const cell = document.createElement("td");
    cell.textContent = text;
    return cell;
  });
  row.append(...cells);
  const rows = document.querySelector("#wire-rows");
  rows.prepend(row);
  while (rows.children.length > MOST_ROWS) rows.lastChild.remove();
  return { cells, note: (text) => (cells[4].textContent = text) };
}

/** Fill in a row and count it: it has crossed. */
function count({ cells }, { bytes, ms, server, messages = 0 }) {
  cells[2].textContent = bytes || "";
  cells[3].textContent = ms ?? "";
  cells[4].textContent = server ?? "";
  addUp(bytes, messages);
  showTotals();
}

function addUp(bytes, messages) {
  total.crossings += 1;
  total.bytes += bytes;
  total.messages += messages;
  const at = now();
  if (seconds.at(-1)?.at !== at) seconds.push({ at, crossings: 0, bytes: 0 });
  seconds.at(-1).crossings += 1;
  seconds.at(-1).bytes += bytes;
}

function showTotals() {
  while (seconds[0]?.at <= now() - MINUTE) seconds.shift();
  const { messages } = total;
  const each = (sum) => (messages ? Math.round((10 * sum) / messages) / 10 : "–");
  show("crossings", sumOf("crossings"));
  show("bytes", sumOf("bytes"));
  show("messages", messages);
  show("crossings-each", each(total.crossings));
  show("bytes-each", each(total.bytes));
}

/** Return the second we are in, by a clock that nobody sets back. */
function now() {
  return Math.floor(performance.now() / 1000);
}

function show(name, value) {
  document.querySelector(`#wire-${name}`).textContent = value.toLocaleString(language);
}

/** Return how much there was of something in the last minute. */
function sumOf(key) {
  return seconds.reduce((sum, second) => sum + second[key], 0);
}

function sizeOf(data) {
  return typeof data === "string" ? utf8.encode(data).length : (data.size ?? data.byteLength);
}
