// The panel "The wire" shows what really crosses the wire, as wire.js reports it.

const MOST_ROWS = 100;
const MINUTE = 60; // seconds

const panel = document.querySelector("#wire");
const language = document.documentElement.lang;
export const say = window.gettext ?? ((text) => text); // some chats have translations
let total; // since the count began
// { at, crossings, bytes } of the last minute's seconds. All crossings would be too many.
export const seconds = [];

const totals = [
  ["crossings", say("crossings in the last minute")],
  ["bytes", say("bytes in the last minute")],
  ["messages", say("messages seen")],
  ["crossings-each", say("crossings per message")],
  ["bytes-each", say("bytes per message")],
].map(([id, text]) => `<div><dt>${text}</dt><dd id="wire-${id}"></dd></div>`);

panel.innerHTML = `
  <details open>
    <summary>${say("The wire")}</summary>
    <dl>${totals.join("")}</dl>
    <button type="button" id="wire-reset">${say("Count from zero")}</button>
    <button type="button" id="wire-projector">${say("Projector view (Alt+P)")}</button>
    <div class="rows" role="region" tabindex="0"
         aria-label="${say("Every crossing, the newest first")}">
      <table>
        <thead>
          <tr>
            <th><abbr title="${say("↑ from this page, ↓ to this page")}">${say("dir")}</abbr></th>
            <th>${say("what")}</th>
            <th>${say("bytes")}</th>
            <th><abbr title="${say("milliseconds from send to seen")}">ms</abbr></th>
            <th>${say("server")}</th>
          </tr>
        </thead>
        <tbody id="wire-rows"></tbody>
      </table>
    </div>
  </details>`;

const rows = panel.querySelector("tbody");
panel.querySelector("#wire-reset").addEventListener("click", startCount);
setInterval(showTotals, 1000); // the last minute moves on, even when nothing crosses
startCount();

/** Start to count from zero. */
export function startCount() {
  total = { crossings: 0, bytes: 0, messages: 0 };
  seconds.length = 0;
  rows.replaceChildren();
  showTotals();
}

// ---- Projector view

const projector = panel.querySelector("#wire-projector");
projector.addEventListener("click", () => {
  showProjectorView(!document.body.classList.contains("projector"));
  keepProjectorView();
});
window.addEventListener("keydown", (event) => {
  // By code, because Alt+P types π on a Mac. In a text, it may.
  const isTyping = event.target.maxLength > 0 && event.target.value;
  if (event.code !== "KeyP" || !event.altKey || event.ctrlKey || isTyping) return;
  event.preventDefault();
  projector.click();
});
showProjectorView(wasProjectorView());

function showProjectorView(isOn) {
  projector.ariaPressed = document.body.classList.toggle("projector", isOn);
}

// A browser that blocks cookies refuses localStorage, too. A reload then forgets the view.
function keepProjectorView() {
  try {
    localStorage.projector = projector.ariaPressed === "true" ? "on" : "";
  } catch {}
}

function wasProjectorView() {
  try {
    return Boolean(localStorage.projector);
  } catch {
    return false;
  }
}

// ---- Crossings

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
  const { crossings, bytes, messages } = total;
  const each = (sum) => (messages ? Math.round((10 * sum) / messages) / 10 : "–");
  const values = [sumOf("crossings"), sumOf("bytes"), messages, each(crossings), each(bytes)];
  panel.querySelectorAll("dd").forEach((element, index) => {
    element.textContent = values[index].toLocaleString(language);
  });
}

/** Return the current second, by a clock that is never set back. */
function now() {
  return Math.floor(performance.now() / 1000);
}

/** Return the crossings or the bytes of the last minute. */
function sumOf(key) {
  return seconds.reduce((sum, second) => sum + second[key], 0);
}
