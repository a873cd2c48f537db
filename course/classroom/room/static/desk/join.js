// The projector while people join: who is here, as many names as fit.

import { keepOpen } from "../phone/socket.js";

const here = document.querySelector("#here");
const list = document.querySelector("#people");
let people = [];

keepOpen("/ws/screen/", {
  event({ kind, ...event }) {
    if (kind === "room") {
      people = event.people.map((person) => person.shown);
      draw();
    } else if (kind === "show" && !event.is_first) {
      location.assign(`/screen/${event.name}/`);
    }
  },
});
window.addEventListener("resize", draw);

function draw() {
  here.textContent = people.length ? `Here: ${people.length}` : "Nobody has joined yet";
  list.replaceChildren(...people.map(named));
  // The newest are seen; of the others, it says how many.
  const section = list.parentElement;
  const limit = section.getBoundingClientRect().bottom;
  const fits = () => list.getBoundingClientRect().bottom <= limit;
  let hidden = 0;
  while (!fits() && hidden < people.length) {
    hidden += 1;
    list.replaceChildren(named(`and ${hidden} more`), ...people.slice(hidden).map(named));
  }
}

function named(name) {
  const item = document.createElement("li");
  item.textContent = name;
  return item;
}
