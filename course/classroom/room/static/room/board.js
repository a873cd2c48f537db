// What a run draws: panes with people, seats, dots and clocks in them; lanes; a glass wall.
//
// Each drawing has a name ("what" and "id"). To draw it again changes it.

const board = document.getElementById("board");
const status = document.getElementById("status");
const drawn = new Map();
const MARKS = { good: "✓ ", bad: "✗ ", sent: "→ ", pale: "… " };

let clocks = new Set();

/** Begin with an empty board. */
export function clear() {
  board.replaceChildren();
  board.className = "";
  drawn.clear();
  clocks = new Set();
}

/** Draw what an event describes, or draw it again. */
export function draw(event) {
  drawings[event.what]?.(event);
}

const drawings = {
  status({ text }) {
    status.textContent = text;
  },

  pane({ id, title, note = "", tone = "", look = "" }) {
    const pane = get("pane", id, () => {
      const made = part("section", "pane");
      made.append(part("h2", "heading"), part("div", "body"));
      return made;
    });
    const heading = pane.querySelector("h2");
    heading.replaceChildren(part("span", "", title), part("span", "note", note));
    Object.assign(pane.dataset, { tone, look });
  },

  glass({ id, open, label }) {
    const glass = get("glass", id, () => part("div", "glass"));
    glass.dataset.open = open;
    glass.replaceChildren(part("span", "", label));
  },

  line({ id, pane, who, text, value = "" }) {
    const lines = get(`lines of ${pane}`, "", () => part("ol", "lines"), bodyOf(pane));
    const line = get("line", id, () => part("li", "line"), lines);
    line.replaceChildren(part("span", "who", who), part("span", "text", text), part("span", "value", value));
    while (lines.scrollHeight > lines.clientHeight && lines.children.length > 1) {
      lines.firstChild.remove();
    }
  },

  big({ id, pane, value, label }) {
    const big = get("big", id, () => part("div", "big"), bodyOf(pane));
    big.replaceChildren(part("strong", "", value), part("span", "label", label));
  },

  seat({ id, pane, who, state, note = "waits" }) {
    const seats = get(`seats of ${pane}`, "", () => part("div", "seats"), bodyOf(pane));
    const seat = get("seat", id, () => part("div", "seat"), seats);
    seat.dataset.state = state;
    seat.replaceChildren(part("strong", "", who), part("span", "", note));
  },

  clock({ id, pane, label, running, seconds, since }) {
    const clock = get("clock", id, () => part("div", "clock"), bodyOf(pane));
    clock.replaceChildren(part("span", "label", label), part("strong", "", inSeconds(seconds)));
    clock.dataset.running = running;
    clock.dataset.since = since ?? "";
    clocks.add(clock);
  },

  person({ id, pane, who, text, note = "", tone = "" }) {
    const person = get("person", id, () => part("div", "person"), bodyOf(pane));
    person.dataset.tone = tone;
    person.replaceChildren(
      part("strong", "", who),
      part("span", "text", (MARKS[tone] ?? "") + text),
      part("span", "note", note),
    );
  },

  dots({ id, pane, total, lit }) {
    const dots = get("dots", id, () => part("div", "dots"), bodyOf(pane));
    while (dots.children.length < total) dots.append(part("i", ""));
    [...dots.children].forEach((dot, index) => dot.classList.toggle("lit", index < lit));
    dots.dataset.many = total > 50;
    dots.setAttribute("role", "img");
    dots.setAttribute("aria-label", `${lit} of ${total}`);
  },

  lane({ id, title, ms, bytes }) {
    board.className = "lanes";
    get("heads", "", () => {
      const heads = part("div", "heads");
      heads.append(part("span", ""), part("span", "", "on Bia's page after"), part("span", "", "bytes on her wire"));
      return heads;
    });
    const lane = get("lane", id, () => part("div", "lane"));
    Object.assign(lane, { ms, bytes });
    lane.dataset.tone = ms === null ? "" : "there";
    lane.replaceChildren(part("strong", "", title), bar("ms"), bar("bytes"));
    const lanes = [...board.querySelectorAll(".lane")];
    for (const unit of ["ms", "bytes"]) {
      const most = Math.max(1, ...lanes.map((one) => one[unit] ?? 0));
      for (const one of lanes) measure(one, unit, most);
    }
  },

  chart({ id, values, label }) {
    const chart = get("chart", id, () => part("div", "chart"));
    const most = Math.max(5, ...values);
    const bars = values.map((value) => {
      const column = part("i", value ? "some" : "");
      column.style.height = `${(100 * value) / most}%`;
      return column;
    });
    const columns = part("div", "columns");
    columns.append(...bars);
    chart.replaceChildren(columns, part("span", "label", label));
  },

  address({ id, text }) {
    get("address", id, () => part("p", "url")).textContent = text;
  },
};

function bodyOf(pane) {
  return drawn.get(`pane ${pane}`)?.querySelector(".body") ?? board;
}

/** Return what was drawn under a name; make it the first time. */
function get(what, id, make, parent = board) {
  const name = `${what} ${id}`;
  if (!drawn.has(name)) {
    const made = make();
    parent.append(made);
    drawn.set(name, made);
  }
  return drawn.get(name);
}

function part(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function bar(unit) {
  const track = part("div", `track ${unit}`);
  track.append(part("i", ""), part("span", "", "…"));
  return track;
}

function measure(lane, unit, most) {
  const value = lane[unit];
  if (value === null || value === undefined) return;
  const [stripe, label] = lane.querySelector(`.${unit}`).children;
  stripe.style.width = `${(60 * value) / most}%`;
  const number = Math.round(value).toLocaleString("en");
  label.textContent = unit === "ms" ? `${number} ms` : `${number} B`;
}

function inSeconds(seconds) {
  return seconds < 0.1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`;
}

// The server's clock is this machine's, so a page that is loaded later shows the same time.
setInterval(() => {
  for (const clock of clocks) {
    if (clock.dataset.running !== "true") continue;
    const seconds = Math.max(0, Date.now() / 1000 - Number(clock.dataset.since));
    clock.querySelector("strong").textContent = `${seconds.toFixed(1)} s`;
  }
}, 100);
