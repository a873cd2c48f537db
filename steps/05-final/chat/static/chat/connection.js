// A WebSocket that comes back by itself.

const PATIENCE = 8_000; // milliseconds for a handshake; some die without a word
const SILENCE = 60_000; // the server says something every 25 seconds
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
const STEADY = 30_000; // a line that held so long has earned a fresh start

// Closed for good: coming back would end the same way.
const FINAL = new Set([4400, 4401, 4403, 4404]);

/**
 * Keeps a line open to an address; `addressOf()` is asked anew each time.
 *
 * Events: "up"; "down" with `detail` {code, pause in milliseconds, final};
 * "frame" with what came as `detail`, read from JSON.
 */
export class Connection extends EventTarget {
  #addressOf;
  #socket;
  #failures = 0;
  #timer;

  constructor(addressOf) {
    super();
    this.#addressOf = addressOf;
    // Whoever comes back online does not wait for the end of the pause.
    window.addEventListener("online", () => this.#comeBack());
  }

  /** Open the line for the first time, or after a pause. */
  open() {
    const socket = new WebSocket(this.#addressOf());
    const startedAt = Date.now();
    this.#socket = socket;
    this.#closeAfter(PATIENCE);
    socket.addEventListener("open", () => {
      this.#closeAfter(SILENCE);
      this.#tell("up");
    });
    socket.addEventListener("message", ({ data }) => {
      this.#closeAfter(SILENCE);
      this.#tell("frame", JSON.parse(data));
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

  #isDown(code) {
    clearTimeout(this.#timer);
    this.#socket = undefined;
    const final = FINAL.has(code);
    // Anywhere up to the limit ("full jitter"): a server that comes back must not meet
    // everybody in the same instant.
    const limit = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures);
    const pause = Math.random() * limit;
    this.#failures += 1;
    if (!final) this.#timer = setTimeout(() => this.open(), pause);
    this.#tell("down", { code, pause, final });
  }

  #comeBack() {
    if (this.#socket || !this.#timer) return; // up, or closed for good
    clearTimeout(this.#timer);
    this.open();
  }

  #closeAfter(milliseconds) {
    const socket = this.#socket;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#socket = undefined; // a dead line may take minutes to say that it is closed
      socket.close();
      this.#isDown(1006);
    }, milliseconds);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
