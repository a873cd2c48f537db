/* What the servers print, as their terminals would show it. */

import { button, choices, element, select } from "./dom.js";

const MOST = 2000; // lines that are kept

export class Log {
  constructor(place) {
    this.lines = element("div", {
      id: "play-log", role: "log", tabindex: "0", "aria-label": "Output of the servers", class: "play-log",
    });
    this.filter = select({ id: "play-log-filter", "aria-label": "Show the output of" }, [], (value) => {
      this.lines.dataset.only = value;
      this.#end();
    });
    this.empty = element("p", { class: "play-quiet" }, "The servers have printed nothing yet.");
    place.append(
      element("div", { class: "play-row" }, this.filter, button("Clear", () => this.clear(), { id: "play-log-clear" })),
      this.empty,
      this.lines,
    );
    this.waiting = [];
    this.expected = null;
    this.follows = true;
    this.lines.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this.lines;
      this.follows = scrollHeight - scrollTop - clientHeight < 30;
    });
    this.servers([1], 8003);
  }

  /** Show which servers there are, by their numbers and the first one's port. */
  servers(numbers, port) {
    this.port = port;
    const pairs = numbers.map((number) => [`${number}`, `Server ${number}, port ${port + number - 1}`]);
    choices(this.filter, [["", "Both servers"], ...pairs], this.lines.dataset.only ?? "");
    if (this.filter.selectedIndex < 0) this.filter.value = this.lines.dataset.only = "";
    this.filter.hidden = numbers.length < 2;
    this.lines.classList.toggle("play-log-two", numbers.length > 1);
  }

  /** Add a text that a server has printed. A flood of them costs one drawing per frame. */
  add(server, text, kind = "") {
    for (const line of text.split("\n")) this.waiting.push([server, line, kind]);
    if (this.waiting.length > 2 * MOST) this.waiting.splice(0, this.waiting.length - MOST);
    this.drawing ??= setTimeout(() => this.#draw(), 40);
  }

  clear() {
    this.waiting = [];
    this.lines.replaceChildren();
    this.empty.hidden = false;
    this.follows = true;
  }

  /** Call `onFound(line)` when a line matches one of these texts; "…" in them is anything. */
  expect(texts, onFound) {
    const patterns = texts.map((text) => {
      const parts = text.trim().split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      return new RegExp(parts.join(".*"));
    });
    this.expected = texts.length ? { patterns, onFound } : null;
  }

  #draw() {
    this.drawing = undefined;
    const made = this.waiting.splice(0).map(([server, text, kind]) => {
      const line = element("div", { "data-server": server, class: kind }, text || "\u200b");
      if (/^(Traceback|\S*(Error|Exception|Interrupt)\b.*:)|^Exception inside/.test(text)) line.classList.add("play-error");
      if (this.expected?.patterns.some((pattern) => pattern.test(text))) {
        line.classList.add("play-expected");
        this.expected.onFound(text);
      }
      return line;
    });
    this.lines.append(...made);
    while (this.lines.childElementCount > MOST) this.lines.firstElementChild.remove();
    this.empty.hidden = this.lines.childElementCount > 0;
    this.#end();
  }

  #end() {
    if (this.follows) this.lines.scrollTop = this.lines.scrollHeight;
  }
}
