/* The two rooms: pages of the project, in frames, each on one of the servers. */

import { button, choices, element, select } from "./dom.js";

const PEOPLE = ["Ana", "Bia"];

export class Rooms {
  /**
   * `onMove(index, server)` is called when the reader puts a room on another server,
   * and `onKey(event)` when a key is pressed in a room.
   */
  constructor(host, place, onMove, onKey) {
    this.host = host;
    this.rooms = PEOPLE.map((name, index) => {
      const id = `play-${name.toLowerCase()}`;
      const frame = element("iframe", { id: `${id}-frame`, title: `${name}'s page`, name });
      frame.addEventListener("load", () => frame.contentWindow.addEventListener("keydown", onKey));
      const server = select({ id: `${id}-server`, "aria-label": `${name}'s server` }, [], (value) =>
        onMove(index, Number(value)),
      );
      const reload = button("↻", () => this.load(index), {
        id: `${id}-reload`, "aria-label": `Reload ${name}'s page`, title: "Reload", disabled: true,
      });
      const tab = element(
        "a",
        { id: `${id}-tab`, target: "_blank", "aria-label": `Open ${name}'s page in a new tab`, title: "Open in a new tab" },
        "↗",
      );
      const waits = element("p", { class: "play-quiet play-waits" }, `${name}'s page opens when the server runs.`);
      const head = element("header", {}, element("h3", {}, name), server, reload, tab);
      place.append(element("section", { id, class: "play-room", "data-pane": name.toLowerCase(), "aria-label": `${name}'s page` }, head, waits, frame));
      return { name, frame, server, reload, tab, waits, number: 1 };
    });
  }

  /** Show which servers there are, and which of them each room is on. */
  servers(numbers, chosen) {
    this.rooms.forEach((room, index) => {
      room.number = numbers.includes(chosen[index]) ? chosen[index] : 1;
      const pairs = numbers.map((number) => [number, `Server ${number}`]);
      choices(room.server, pairs, room.number);
      room.server.hidden = numbers.length < 2;
    });
  }

  /** Load the rooms on a server that has started; `names` are their accounts, if it has any. */
  started(number, page, names) {
    this.page = page;
    this.names = names;
    this.rooms.forEach((room, index) => room.number === number && this.load(index));
  }

  /** There is no server, and so no page. */
  none() {
    this.page = null;
    for (const { frame, reload, tab, waits } of this.rooms) {
      frame.contentWindow.location.replace("about:blank");
      tab.removeAttribute("href");
      reload.disabled = true;
      waits.hidden = false;
      waits.textContent = "No server runs in this exercise, so there’s no page.";
    }
  }

  load(index) {
    const { frame, name, number, reload, tab, waits } = this.rooms[index];
    if (!this.page) return;
    const account = this.names?.[index];
    const url = new URL(`${this.host.mount(number, account)}${this.page}`, location.href);
    if (!account) url.searchParams.set("name", name);
    // Not `frame.src`: each change of it would be one more step for the back button.
    frame.contentWindow.location.replace(url.href);
    tab.href = url.href;
    reload.disabled = false;
    waits.hidden = true;
  }

  /** Show what the reader types into, above the keyboard of a phone. */
  showInput() {
    const active = document.activeElement;
    if (active?.tagName === "IFRAME") active.contentDocument?.activeElement?.scrollIntoView({ block: "nearest" });
  }
}
