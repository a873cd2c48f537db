/* What the servers print, as their terminals would show it. */

import { button, choices, element, select } from "./dom.js";

const MOST = 2000; // lines that are kept

export class Log {
  /** `onError()` is called when an exception is printed. */
  constructor(place, onError) {
    this.onError = onError;
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

  /** Mark the lines that match one of these texts, in which "…" is anything.
   *
   * `onFound(line)` is called with the last one when each of the texts has been printed.
   */
  expect(texts, onFound) {
    const patterns = texts.map((text) => {
      const parts = text.trim().split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      return new RegExp(parts.join(".*"));
    });
    this.expected = texts.length ? { patterns, missing: new Set(patterns), onFound } : null;
  }

  #draw() {
    this.drawing = undefined;
    let found = "";
    let hasError = false;
    const made = this.waiting.splice(0).map(([server, text, kind]) => {
      const line = element("div", { "data-server": server, class: kind }, text || "\u200b");
      if (/^(Traceback|\S*(Error|Exception|Interrupt)\b.*:)|^Exception inside/.test(text)) {
        line.classList.add("play-error");
        hasError = true;
      }
      const fitting = this.expected?.patterns.filter((pattern) => pattern.test(text)) ?? [];
      if (fitting.length) {
        line.classList.add("play-expected");
        for (const pattern of fitting) this.expected.missing.delete(pattern);
        if (!this.expected.missing.size) found = text;
      }
      return line;
    });
    this.lines.append(...made);
    if (hasError) this.onError();
    if (found) this.expected.onFound(found);
    while (this.lines.childElementCount > MOST) this.lines.firstElementChild.remove();
    this.empty.hidden = this.lines.childElementCount > 0;
    this.#end();
  }

  /** It is seen again: show the expected line, or else the end. */
  shown() {
    const expected = [...this.lines.querySelectorAll(".play-expected")].pop();
    if (expected) this.lines.scrollTop += expected.getBoundingClientRect().bottom - this.lines.getBoundingClientRect().bottom + 20;
    else this.#end();
  }

  #end() {
    if (this.follows) this.lines.scrollTop = this.lines.scrollHeight;
  }
}
