// Who is here, and who is typing. No live regions: a screen reader would never be silent.

import { part } from "./parts.js";

const TYPING_LASTS = 4_000; // milliseconds; a page repeats it every two seconds
// The server collects who is typing, so that may come after the message itself.
const TYPING_IS_LATE = 1_000;
const MOST_TYPISTS = 3; // by name

const here = document.querySelector("#chat-here");
const typing = document.querySelector("#chat-typing");
const me = document.body.dataset.name;
const typists = new Map(); // until when each one is shown
const spoke = new Map(); // when each one sent a message

export function showHere({ people, count }) {
  here.replaceChildren(...sentenceOf(gettext("Here now: %s"), people));
  const more = count - people.length;
  if (more > 0) here.append(" ", interpolate(gettext("and %s more"), [more]));
}

export function showTyping({ people }) {
  const now = Date.now();
  for (const name of people) {
    const isOver = spoke.get(name) > now - TYPING_IS_LATE;
    if (name !== me && !isOver) typists.set(name, now + TYPING_LASTS);
  }
  setTimeout(show, TYPING_LASTS + 10); // a timer may fire a little early
  show();
}

/** Somebody has sent a message, and so is no longer typing it. */
export function hasSpoken(name) {
  spoke.set(name, Date.now());
  typists.delete(name);
  show();
}

export function showNobody() {
  here.replaceChildren();
  typists.clear();
  show();
}

function show() {
  for (const [name, until] of typists) if (until <= Date.now()) typists.delete(name);
  const names = [...typists.keys()];
  const sentence = ngettext("%s is typing…", "%s are typing…", names.length);
  if (names.length > MOST_TYPISTS) {
    typing.textContent = gettext("Several people are typing…");
  } else {
    typing.replaceChildren(...(names.length ? sentenceOf(sentence, names) : []));
  }
}

/** Return the nodes of a sentence with a list of names in place of `%s`. */
function sentenceOf(sentence, names) {
  const [before, after] = sentence.split("%s");
  // <bdi>: a name that reads from right to left doesn't move the others.
  const list = names.flatMap((name) => [", ", part("bdi", "", name)]);
  return [before, ...list.slice(1), after];
}
