// What the person has sent and the server has not yet confirmed. It survives a reload.

const MOST_TRIES = 4; // whatever cuts the line each time it is sent is not sent for ever

/** The messages of one room that are on their way; `send(message)` is asked for each. */
export class Outbox {
  #key;
  #send;
  #messages;

  constructor(roomName, send) {
    this.#key = `outbox ${roomName}`;
    this.#send = send;
    this.#messages = JSON.parse(sessionStorage.getItem(this.#key) ?? "[]");
  }

  /** The messages, oldest first. */
  get messages() {
    return this.#messages;
  }

  /** Keep a message and send it. Its key stays the same, however often it is sent. */
  add(text) {
    const message = { cid: newKey(), text, sent_at: Date.now(), tries: 0 };
    this.#messages.push(message);
    this.#try(message);
    return message;
  }

  /** Send everything again; return what was given up instead. */
  sendAll() {
    const givenUp = this.#messages.filter(({ tries }) => tries >= MOST_TRIES);
    for (const { cid } of givenUp) this.remove(cid);
    for (const message of this.#messages) this.#try(message);
    return givenUp;
  }

  /** Send one message again: the server asked for it. */
  sendAgain(cid) {
    const message = this.#messages.find((one) => one.cid === cid);
    if (!message) return;
    message.tries -= 1; // it did arrive: it is not what cuts the line
    this.#try(message);
  }

  /** Forget a message, confirmed or refused; return it if it was here. */
  remove(cid) {
    const message = this.#messages.find((one) => one.cid === cid);
    this.#messages = this.#messages.filter((one) => one !== message);
    this.#save();
    return message;
  }

  #try(message) {
    const { cid, text, sent_at } = message;
    if (this.#send({ type: "send", cid, text, sent_at })) message.tries += 1;
    this.#save();
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
