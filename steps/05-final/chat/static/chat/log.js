// The messages of a room, oldest first: those from before, and those that come.
//
// What comes is in a live region, which a screen reader reads aloud. What was there
// before is outside of it: nobody wants to hear a hundred messages at the door.

import { timeOf } from "./clock.js";
import { colour, part } from "./parts.js";

const log = document.querySelector("#chat-log"); // what scrolls
const past = document.querySelector("#chat-past");
const live = document.querySelector("#chat-live");
const me = document.body.dataset.name;

// A tab that is open for days must not hold all that was said in them.
const MOST = 1_000;
const ENOUGH = 500;

const MOST_LINES = 12; // of a message, without scrolling

// Whoever has scrolled up to read stays there.
let isAtEnd = true;
log.addEventListener("scroll", () => {
  isAtEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 40;
});
// A keyboard on the screen of a phone takes half of the log.
new ResizeObserver(keepEnd).observe(log);

/** Show messages that have just come, at the end. */
export function showNew(messages) {
  live.append(...messages.map(itemOf));
  keepEnd();
}

/** Take the oldest messages away if there are too many; tell whether there were. */
export function forgetOldest() {
  const items = [...log.querySelectorAll("[data-seq]")];
  if (!isAtEnd || items.length <= MOST) return false;
  for (const item of items.slice(0, -ENOUGH)) item.remove();
  return true;
}

/** Show messages that were there before the page was, instead of all that it shows. */
export function showPast(messages) {
  live.replaceChildren();
  past.replaceChildren(...messages.map(itemOf));
  goToEnd();
}

/** Show messages before all others. */
export function showBefore(messages) {
  past.prepend(...messages.map(itemOf));
}

/** Change something above; what is being read stays where it is. */
export function keepPlace(change) {
  const { scrollHeight, scrollTop } = log;
  change();
  log.scrollTop = scrollTop + log.scrollHeight - scrollHeight;
}

/** Return the number of the oldest message that is shown. */
export function oldestShown() {
  return Number(log.querySelector("[data-seq]")?.dataset.seq);
}

/** Show the end of the log. */
export function goToEnd() {
  isAtEnd = true;
  keepEnd();
}

/** Show the end of the log, unless the person is reading above. */
export function keepEnd() {
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}

function itemOf({ seq, at, sender, text, server }) {
  const item = document.createElement("p");
  item.dataset.seq = seq;
  item.append(timeOf(at), part("bdi", "sender", sender), textOf(text));
  if (sender === me) item.append(sentMark());
  item.append(colour(part("small", "server", server)));
  return item;
}

/** Return a text that reads in its own direction and leaves what is beside it alone. */
export function textOf(text) {
  const element = part("span", "text", text);
  element.dir = "auto";
  if (text.split("\n").length > MOST_LINES) {
    element.classList.add("tall"); // it scrolls by itself
    element.tabIndex = 0; // the keyboard can scroll it, in every browser
  }
  return element;
}

function sentMark() {
  const mark = part("span", "mark", "✓");
  mark.role = "img";
  mark.ariaLabel = mark.title = gettext("sent");
  return mark;
}
