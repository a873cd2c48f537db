// A WebSocket that comes back by itself.

const PATIENCE = 8_000; // milliseconds for a handshake; some die without a word
const SILENCE = 60_000; // the server says something every 25 seconds
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
const STEADY = 30_000; // a line that held so long has earned a fresh start

// Closed for good: coming back would end the same way.
const FINAL = new Set([4400, 4401, 4403, 4404, 4409]);
// A server has ended, or what lies before it: everybody is cut off in the same instant.
const ENDED = new Set([1006, 1011, 1012, 4012]);
const ENDED_PAUSE = 3_000;
const FLOOD = 4429;
const FLOOD_PAUSE = 10_000;

// Bytes. The server cuts whoever leaves two mebibytes unread, and this is how it learns
// what is read: TCP tells that to nobody.
const ACK_EVERY = 256 * 1024;
const utf8 = new TextEncoder();

/**
 * Keeps a line open to an address; `addressOf()` is asked anew each time.
 *
 * Events: "down" with `detail` {code, pause in milliseconds, final};
 * "frame" with what came as `detail`, read from JSON.
 */
export class Connection extends EventTarget {
  #addressOf;
  #socket;
  #failures = 0;
  #timer;
  #isFinal = false;
  #received; // bytes
  #acked;

  constructor(addressOf) {
    super();
    this.#addressOf = addressOf;
    // Whoever comes back online does not wait for the end of the pause.
    window.addEventListener("online", () => this.#comeBack());
    // A line without a network may take minutes to fail. If the browser is wrong, for
    // the server is on this very machine, we are back in a moment.
    window.addEventListener("offline", () => this.giveUp());
  }

  /** Open the line for the first time, or after a pause. */
  open() {
    const socket = new WebSocket(this.#addressOf());
    const startedAt = Date.now();
    this.#socket = socket;
    this.#received = this.#acked = 0;
    this.#giveUpAfter(PATIENCE);
    socket.addEventListener("open", () => this.#giveUpAfter(SILENCE));
    socket.addEventListener("message", ({ data }) => {
      this.#giveUpAfter(SILENCE);
      this.#tell("frame", JSON.parse(data));
      this.#acknowledge(utf8.encode(data).length);
    });
    socket.addEventListener("close", ({ code }) => {
      if (socket !== this.#socket) return; // given up already
      if (Date.now() - startedAt > STEADY) this.#failures = 0;
      this.#isDown(code);
    });
  }

  /** Send something; tell whether the line was open for it. */
  send(content) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(content));
    return true;
  }

  /** Give the line up: nobody answers at its other end. */
  giveUp() {
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = undefined; // a dead line may take minutes to say that it is closed
    socket.close();
    this.#isDown(1006);
  }

  #isDown(code) {
    clearTimeout(this.#timer);
    this.#socket = undefined;
    this.#isFinal = FINAL.has(code);
    const pause = this.#pauseAfter(code);
    this.#failures += 1;
    if (!this.#isFinal) this.#timer = setTimeout(() => this.open(), pause);
    this.#tell("down", { code, pause, final: this.#isFinal });
  }

  #pauseAfter(code) {
    let limit = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures);
    if (ENDED.has(code)) limit = Math.max(limit, ENDED_PAUSE);
    // Anywhere up to the limit ("full jitter"): a server that comes back must not meet
    // everybody in the same instant.
    return Math.random() * limit + (code === FLOOD ? FLOOD_PAUSE : 0);
  }

  #comeBack() {
    if (this.#socket || this.#isFinal) return;
    clearTimeout(this.#timer);
    this.open();
  }

  #giveUpAfter(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.giveUp(), milliseconds);
  }

  #acknowledge(bytes) {
    this.#received += bytes;
    if (this.#received - this.#acked < ACK_EVERY) return;
    this.#acked = this.#received;
    this.send({ type: "ack", bytes: this.#received });
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
