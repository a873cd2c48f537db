// The wire panel: what really crosses the wire. wire.js reports it, the panel shows it.

const MOST_ROWS = 100;
const MINUTE = 60; // seconds

const panel = document.querySelector("#wire");
const transport = document.querySelector("#transport");
const language = document.documentElement.lang;
// gettext is there in a chat that has several languages.
export const say = window.gettext ?? ((text) => text);
let total; // since the count began
// What crossed in each second of the last minute, { at, crossings, bytes }. Not each
// crossing: a tab may be open all day.
export const seconds = [];

panel.innerHTML = `
  <details open>
    <summary>${say("The wire")}</summary>
    <dl>
      <div><dt>${say("crossings in the last minute")}</dt><dd id="wire-crossings"></dd></div>
      <div><dt>${say("bytes in the last minute")}</dt><dd id="wire-bytes"></dd></div>
      <div><dt>${say("messages seen")}</dt><dd id="wire-messages"></dd></div>
      <div><dt>${say("crossings per message")}</dt><dd id="wire-crossings-each"></dd></div>
      <div><dt>${say("bytes per message")}</dt><dd id="wire-bytes-each"></dd></div>
    </dl>
    <button type="button" id="wire-reset">${say("Count from zero")}</button>
    <button type="button" id="wire-projector" aria-keyshortcuts="Alt+P">
      ${say("Projector view (Alt+P)")}
    </button>
    ${transport ? `<p class="hint">${say("A new transport starts a new count.")}</p>` : ""}
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

const rows = document.querySelector("#wire-rows");
document.querySelector("#wire-reset").addEventListener("click", startCount);
transport?.addEventListener("change", startCount);
setInterval(showTotals, 1000); // the last minute moves on, even when nothing crosses
startCount();

/** Start to count from zero. */
export function startCount() {
  total = { crossings: 0, bytes: 0, messages: 0 };
  seconds.length = 0;
  rows.replaceChildren();
  showTotals();
}

// ---- For the last row of a class ---------------------------------------------------

const projector = document.querySelector("#wire-projector");
projector.addEventListener("click", () => {
  const isOn = document.body.classList.contains("projector");
  localStorage.setItem("projector", isOn ? "off" : "on");
  showProjectorView();
});
window.addEventListener("keydown", (event) => {
  // By code: on a Mac, Alt+P types π. A text that somebody is typing may need that.
  const isTyping = event.target.maxLength > 0 && event.target.value;
  if (event.code !== "KeyP" || !event.altKey || event.ctrlKey || isTyping) return;
  event.preventDefault();
  projector.click();
});
showProjectorView();

function showProjectorView() {
  const isOn = localStorage.getItem("projector") === "on";
  document.body.classList.toggle("projector", isOn);
  projector.ariaPressed = isOn;
}

// ---- Crossings ---------------------------------------------------------------------

/** Add a row for something that starts to cross; return it. */
export function addRow(direction, what) {
  const row = document.createElement("tr");
  for (const text of [direction, what, "", "", ""]) row.insertCell().textContent = text;
  rows.prepend(row);
  while (rows.children.length > MOST_ROWS) rows.lastChild.remove();
  return row;
}

/** Fill in a row and count it: it has crossed. */
export function count({ cells }, { bytes, ms, server, messages = 0 }) {
  cells[2].textContent = bytes || "";
  cells[3].textContent = ms ?? "";
  cells[4].textContent = server ?? "";
  total.crossings += 1;
  total.bytes += bytes;
  total.messages += messages;
  const at = now();
  if (seconds.at(-1)?.at !== at) seconds.push({ at, crossings: 0, bytes: 0 });
  seconds.at(-1).crossings += 1;
  seconds.at(-1).bytes += bytes;
  showTotals();
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

/** Return the current second, by a clock that is never set back. */
function now() {
  return Math.floor(performance.now() / 1000);
}

function show(name, value) {
  document.querySelector(`#wire-${name}`).textContent = value.toLocaleString(language);
}

/** Return the sum of crossings or bytes in the last minute. */
function sumOf(key) {
  return seconds.reduce((sum, second) => sum + second[key], 0);
}
