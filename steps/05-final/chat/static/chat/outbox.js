// What the person has sent and the server has not yet stored. It survives a reload.

const MOST_TRIES = 4; // whatever cuts the line each time it is sent is not sent for ever
const PATIENCE = 20_000; // milliseconds for an answer

/**
 * The messages of one room that are on their way.
 *
 * One at a time: were there two, the server might refuse the first for being too fast
 * and take the second, and nobody says things in that order. `show(message)` is called
 * when it stands differently with a message.
 */
export class Outbox {
  #key;
  #line;
  #show;
  #messages;
  #isOpen = false; // whether there is a line
  #isWaiting = false; // for an answer, or for the end of a pause
  #timer;

  constructor(owner, line, show) {
    this.#key = `outbox ${owner}`;
    this.#line = line;
    this.#show = show;
    this.#messages = JSON.parse(sessionStorage.getItem(this.#key) ?? "[]");
    this.#messages.forEach(show);
  }

  /** Keep a message, and send it when its turn comes. */
  add(text) {
    // Its key stays the same, however often it is sent: so it is stored only once.
    const message = { cid: newKey(), text, sent_at: Date.now(), tries: 0 };
    this.#messages.push(message);
    this.#show(message);
    this.#sendNext();
  }

  /** The line is open: send everything again, for nobody knows what had arrived. */
  open() {
    this.#isOpen = true;
    for (const message of this.#messages) message.isStored = false;
    this.#goOn();
  }

  /** The line is down. */
  close() {
    this.#isOpen = false;
    this.#rest();
  }

  /** Wait a while, then send the one again that the server did not take now. */
  pause(milliseconds) {
    const message = this.#next();
    if (message) message.tries = 0; // it did arrive: it is not what cuts the line
    this.#rest();
    this.#isWaiting = true;
    this.#timer = setTimeout(() => this.#goOn(), milliseconds);
  }

  /** A message is stored; it leaves when it appears in the log. */
  confirm(cid) {
    const message = this.#find(cid);
    if (!message) return;
    message.isStored = true;
    this.#goOn();
  }

  /** The server will not take a message: the one with that key, or the one on its way. */
  refuse(cid, reason) {
    const message = cid ? this.#find(cid) : this.#next();
    if (!message) return;
    this.#fail(message, reason);
    this.#goOn();
  }

  /** Try once more to send one that has failed. */
  sendAgain(cid) {
    const message = this.#find(cid);
    Object.assign(message, { failed: undefined, tries: 0 });
    this.#show(message);
    this.#sendNext();
  }

  /** Forget a message, and return it if it was here. */
  remove(cid) {
    const message = this.#find(cid);
    if (!message) return undefined;
    const wasNext = message === this.#next();
    this.#messages = this.#messages.filter((one) => one !== message);
    this.#save();
    if (wasNext) this.#goOn();
    return message;
  }

  #sendNext() {
    this.#save();
    const message = this.#next();
    if (!message || !this.#isOpen || this.#isWaiting) return;
    if (message.tries >= MOST_TRIES) {
      this.#fail(message, gettext("Nobody answered, in several tries."));
      this.#sendNext();
      return;
    }
    message.tries += 1;
    this.#save();
    const { cid, text, sent_at } = message;
    this.#line.send({ type: "send", cid, text, sent_at });
    this.#isWaiting = true;
    this.#timer = setTimeout(() => this.#line.giveUp(), PATIENCE);
  }

  #goOn() {
    this.#rest();
    this.#sendNext();
  }

  #rest() {
    clearTimeout(this.#timer);
    this.#isWaiting = false;
  }

  #fail(message, reason) {
    message.failed = reason;
    this.#save();
    this.#show(message);
  }

  #next() {
    return this.#messages.find(({ failed, isStored }) => !failed && !isStored);
  }

  #find(cid) {
    return this.#messages.find((one) => one.cid === cid);
  }

  #save() {
    sessionStorage.setItem(this.#key, JSON.stringify(this.#messages));
  }
}

/** Return a random UUID. randomUUID() is only there over HTTPS and on localhost. */
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
