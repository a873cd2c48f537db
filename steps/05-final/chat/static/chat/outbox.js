// The messages that aren't in the log yet. They survive a reload.

const MOST_TRIES = 4; // for a message that breaks the connection each time
const ANSWER_TIMEOUT = 20_000; // milliseconds

/**
 * Sends one message at a time: with two, the server might refuse the first for being too
 * fast and store the second. Calls `show(message)` when the state of one has changed.
 */
export class Outbox {
  #key;
  #connection;
  #show;
  #messages;
  #isOpen = false;
  #timer; // while it waits for an answer, or for the end of a pause

  constructor(owner, connection, show) {
    this.#key = `outbox ${owner}`;
    this.#connection = connection;
    this.#show = show;
    this.#messages = JSON.parse(sessionStorage.getItem(this.#key) ?? "[]");
    this.#messages.forEach(show);
  }

  /** Keep a message, and send it when its turn comes. */
  add(text) {
    // With the same key, a message is stored only once, however often it is sent.
    const message = { cid: newKey(), text, sent_at: Date.now(), tries: 0 };
    this.#messages.push(message);
    this.#show(message);
    this.#sendNext();
  }

  /** Connected: send everything again, because some of it may not have arrived. */
  open() {
    this.#isOpen = true;
    for (const message of this.#messages) message.isStored = false;
    this.#sendNext();
  }

  close() {
    this.#isOpen = false;
    this.#stopWaiting();
  }

  /** The server couldn't take a message: send it again later. */
  pause(milliseconds) {
    const message = this.#next();
    if (message) message.tries = 0; // it arrived, and broke nothing
    this.#stopWaiting();
    this.#timer = setTimeout(() => {
      this.#stopWaiting();
      this.#sendNext();
    }, milliseconds);
  }

  /** A message is stored; it stays here until it is in the log. */
  confirm(cid) {
    this.#change(cid, { isStored: true });
  }

  /** A message can't be sent: the one with this key, or the one just sent. */
  refuse(cid, reason) {
    this.#change(cid ?? this.#next()?.cid, { failed: reason });
  }

  sendAgain(cid) {
    this.#change(cid, { failed: undefined, tries: 0 });
  }

  /** Remove a message, and return it if it was here. */
  remove(cid) {
    const message = this.#find(cid);
    if (!message) return undefined;
    if (message === this.#next()) this.#stopWaiting();
    this.#messages = this.#messages.filter((one) => one !== message);
    this.#sendNext();
    return message;
  }

  #change(cid, changes) {
    const message = this.#find(cid);
    if (!message) return;
    if (message === this.#next()) this.#stopWaiting();
    this.#show(Object.assign(message, changes));
    this.#sendNext();
  }

  #sendNext() {
    const message = this.#next();
    if (message && this.#isOpen && !this.#timer) {
      if (message.tries === MOST_TRIES) {
        this.refuse(message.cid, gettext("No answer, after several tries."));
        return;
      }
      message.tries += 1;
      const { cid, text, sent_at } = message;
      this.#connection.send({ type: "send", cid, text, sent_at });
      this.#timer = setTimeout(() => this.#connection.drop(), ANSWER_TIMEOUT);
    }
    sessionStorage.setItem(this.#key, JSON.stringify(this.#messages));
  }

  #stopWaiting() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #next() {
    return this.#messages.find(({ failed, isStored }) => !failed && !isStored);
  }

  #find(cid) {
    return this.#messages.find((one) => one.cid === cid);
  }
}

/** Return a random UUID. `crypto.randomUUID()` needs HTTPS or localhost. */
function newKey() {
  return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) => {
    const [random] = crypto.getRandomValues(new Uint8Array(1));
    return (digit ^ (random & (15 >> (digit / 4)))).toString(16);
  });
}
