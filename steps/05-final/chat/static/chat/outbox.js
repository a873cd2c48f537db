// The messages that aren't in the log yet. They survive a reload.
//
// One at a time is sent: with two, the server might refuse the first for being too fast
// and store the second.

import { drop, send } from "./connection.js";
import { remember, remembered } from "./memory.js";

const MOST_TRIES = 4; // for a message that breaks the connection each time
const ANSWER_TIMEOUT = 20_000; // milliseconds

// With the person, because another one may log in in the same tab.
const key = `outbox ${document.body.dataset.user} ${location.pathname}`;
let messages = JSON.parse(remembered(key) ?? "[]");
let show;
let isOpen = false;
let timer; // while it waits for an answer, or for the end of a pause

/** Call `showMessage(message)` for each message, and again when one has changed. */
export function start(showMessage) {
  show = showMessage;
  messages.forEach(show);
}

/** Keep a message, and send it when its turn comes. */
export function add(text) {
  // With the same key, a message is stored only once, however often it is sent.
  const message = { cid: newKey(), text, sent_at: Date.now(), tries: 0 };
  messages.push(message);
  show(message);
  sendNext();
}

/** Connected: send everything again, because some of it may not have arrived. */
export function open() {
  isOpen = true;
  for (const message of messages) message.isStored = false;
  sendNext();
}

export function close() {
  isOpen = false;
  stopWaiting();
}

/** The server couldn't take a message: send it again later. */
export function pause(milliseconds) {
  const message = next();
  if (message) message.tries = 0; // it arrived, and broke nothing
  stopWaiting();
  timer = setTimeout(() => {
    stopWaiting();
    sendNext();
  }, milliseconds);
}

/** A message is stored; it stays here until it is in the log. */
export function confirm(cid) {
  change(cid, { isStored: true });
}

/** A message can't be sent: the one with this key, or the one just sent. */
export function refuse(cid, reason) {
  change(cid ?? next()?.cid, { failed: reason });
}

export function sendAgain(cid) {
  change(cid, { failed: undefined, tries: 0 });
}

/** Remove a message, and return it if it was here. */
export function remove(cid) {
  const message = find(cid);
  if (!message) return undefined;
  if (message === next()) stopWaiting();
  messages = messages.filter((one) => one !== message);
  sendNext();
  return message;
}

function change(cid, changes) {
  const message = find(cid);
  if (!message) return;
  if (message === next()) stopWaiting();
  show(Object.assign(message, changes));
  sendNext();
}

function sendNext() {
  const message = next();
  if (message && isOpen && !timer) {
    if (message.tries === MOST_TRIES) {
      refuse(message.cid, gettext("No answer, after several tries."));
      return;
    }
    message.tries += 1;
    const { cid, text, sent_at } = message;
    send({ type: "send", cid, text, sent_at });
    timer = setTimeout(drop, ANSWER_TIMEOUT);
  }
  remember(key, JSON.stringify(messages));
}

function stopWaiting() {
  clearTimeout(timer);
  timer = undefined;
}

function next() {
  return messages.find(({ failed, isStored }) => !failed && !isStored);
}

function find(cid) {
  return messages.find((one) => one.cid === cid);
}

/** Return a random UUID. `crypto.randomUUID()` needs HTTPS or localhost. */
function newKey() {
  return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) => {
    const [random] = crypto.getRandomValues(new Uint8Array(1));
    return (digit ^ (random & (15 >> (digit / 4)))).toString(16);
  });
}
