// The messages of a room, oldest first. New ones are in a live region, which a screen
// reader reads aloud. Those from before the page are not: there may be hundreds.

import { headingOf, startOfDay, timeOf } from "./clock.js";
import { part } from "./parts.js";
import { labelOf } from "./servers.js";
import { textOf } from "./text.js";

export const log = document.querySelector("#chat-log"); // what scrolls
const past = document.querySelector("#chat-past");
const live = document.querySelector("#chat-live");
const me = document.body.dataset.name;

// A tab that is open for days must not keep all messages.
const MOST = 1_000;
const ENOUGH = 500;

// A person who has scrolled up to read stays there.
export let isAtEnd = true;
log.addEventListener("scroll", () => {
  isAtEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 40;
});
new ResizeObserver(keepEnd).observe(log); // an on-screen keyboard takes half of it

/** Show new messages at the end; return their elements. */
export function showNew(messages) {
  const items = messages.map((message) => itemOf(message, false));
  live.append(...items);
  markDays();
  keepEnd();
  return items;
}

/** Remove the oldest messages if there are too many; return whether there were. */
export function forgetOldest() {
  const items = [...log.querySelectorAll("[data-seq]")];
  if (!isAtEnd || items.length <= MOST) return false;
  const headings = log.querySelectorAll(".day");
  for (const element of [...headings, ...items.slice(0, -ENOUGH)]) element.remove();
  markDays();
  return true;
}

/** Start over with messages from before the page. */
export function showPast(messages) {
  live.replaceChildren();
  past.replaceChildren();
  showBefore(messages);
  goToEnd();
}

export function showBefore(messages) {
  past.prepend(...messages.map((message) => itemOf(message, true)));
  markDays();
}

/** Change something above what is being read, which stays in its place. */
export function keepPlace(change) {
  const { scrollHeight, scrollTop } = log;
  change();
  log.scrollTop = scrollTop + log.scrollHeight - scrollHeight;
}

/** Return the number of the first message. */
export function firstShown() {
  return Number(log.querySelector("[data-seq]")?.dataset.seq);
}

export function goToEnd() {
  isAtEnd = true;
  keepEnd();
}

export function keepEnd() {
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}

function markDays() {
  let day;
  for (const element of log.querySelectorAll("[data-day]")) {
    const isHeading = element.className === "day";
    if (element.dataset.day !== day) {
      day = element.dataset.day;
      if (!isHeading) element.before(headingOf(day));
    } else if (isHeading) {
      element.remove(); // older messages of that day are above it now
    }
  }
}

function itemOf({ seq, at, sender, text, server }, isOld) {
  const item = part("p", sender === me ? "mine" : "", "");
  item.dataset.seq = seq;
  item.dataset.day = startOfDay(at);
  item.append(timeOf(at), part("bdi", "sender", sender), textOf(text));
  if (sender === me) item.append(sentMark());
  item.append(labelOf(server, isOld));
  return item;
}

function sentMark() {
  const mark = part("span", "mark", "✓");
  mark.role = "img";
  mark.ariaLabel = mark.title = gettext("sent");
  return mark;
}
