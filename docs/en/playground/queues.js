/* The layer that this page keeps, as a picture: queues of a hundred, groups, counts. */

import { element } from "./dom.js";
import { CAPACITY } from "./layer.js";

export class Queues {
  constructor(place) {
    this.place = place;
    this.state = null;
    this.uses = false;
    this.draw();
  }

  /** Whether the servers use it, and whether they could. */
  used(uses, canUse) {
    this.uses = uses;
    this.canUse = canUse;
    this.draw();
  }

  changed(state) {
    this.state = state;
    this.drawing ??= setTimeout(() => {
      this.drawing = undefined;
      this.draw();
    }, 100);
  }

  draw() {
    if (!this.uses) {
      this.place.replaceChildren(
        element("p", {}, this.canUse
          ? "Each server has a channel layer in its own memory now. To see queues and groups here, choose “This page’s layer” in the list above."
          : "This project doesn’t use this page’s channel layer. To see queues and groups here, open step 03 or step 04."),
      );
      return;
    }
    const { queues = [], groups = [], sent = 0, dropped = 0 } = this.state ?? {};
    const rows = [...queues].sort((a, b) => a.server - b.server).map(({ server, waiting }) =>
      element(
        "li",
        {},
        element("span", {}, `Queue of server ${server}`),
        element("meter", { min: 0, max: CAPACITY, high: CAPACITY - 1, value: waiting, "aria-label": `Queue of server ${server}` }),
        element("span", { class: "play-figure" }, `${waiting} of ${CAPACITY}`),
      ),
    );
    const sizes = groups.map(({ name, size }) =>
      element("li", {}, element("code", {}, name), element("span", { class: "play-figure" }, `${size} ${size === 1 ? "channel" : "channels"}`)),
    );
    this.place.replaceChildren(
      element("p", {}, "This layer was made for this page, and stands in for Redis: it’s between the servers, so a message sent on one reaches the other. Each server has one queue. An event that finds it full is dropped."),
      element("h4", {}, "Queues"),
      rows.length ? element("ul", { class: "play-meters", id: "play-queues" }, rows) : element("p", {}, "No server reads from it yet."),
      element("h4", {}, "Groups"),
      sizes.length ? element("ul", { class: "play-meters", id: "play-groups" }, sizes) : element("p", {}, "No group has a channel."),
      element("p", { id: "play-counts" }, `${sent} ${sent === 1 ? "event" : "events"} put into queues, ${dropped} dropped.`),
    );
  }
}
