// A WebSocket that reconnects. Times are in milliseconds.

const HANDSHAKE_TIMEOUT = 8_000;
const SILENCE_TIMEOUT = 60_000; // the server sends something every 25 seconds
const FIRST_DELAY = 500;
const LONGEST_DELAY = 30_000;
const STABLE = 30_000; // a connection that lasts this long resets the delay

// Reconnecting would end the same way.
const FINAL = new Set([4400, 4401, 4403, 4404, 4409]);
// A server, or a proxy before it, has ended: all its pages reconnect.
const ENDED = new Set([1006, 1011, 1012, 4012]);
const ENDED_DELAY = 3_000;
const FLOOD = 4429;
const FLOOD_DELAY = 10_000;

// The server disconnects a page that leaves two mebibytes unread, and only the page
// knows what it has read.
const ACK_EVERY = 256 * 1024; // bytes
const utf8 = new TextEncoder();

/** Keeps a WebSocket open to the URL that `getUrl()` returns at each try. */
export class Connection {
  #getUrl;
  #onFrame;
  #onDown;
  #socket;
  #failures = 0;
  #timer;
  #received; // bytes
  #acked;

  /** `onFrame(frame)` and `onDown({ code, delay, isFinal })` are called. */
  constructor(getUrl, onFrame, onDown) {
    this.#getUrl = getUrl;
    this.#onFrame = onFrame;
    this.#onDown = onDown;
    window.addEventListener("online", () => this.#reconnectNow());
    // Without a network, a socket may take minutes to fail.
    window.addEventListener("offline", () => this.drop());
  }

  open() {
    const socket = new WebSocket(this.#getUrl());
    const startedAt = Date.now();
    this.#socket = socket;
    this.#received = this.#acked = 0;
    this.#dropAfter(HANDSHAKE_TIMEOUT);
    socket.addEventListener("open", () => this.#dropAfter(SILENCE_TIMEOUT));
    socket.addEventListener("message", ({ data }) => {
      this.#dropAfter(SILENCE_TIMEOUT);
      this.#onFrame(JSON.parse(data));
      this.#acknowledge(utf8.encode(data).length);
    });
    socket.addEventListener("close", ({ code }) => {
      if (socket !== this.#socket) return; // dropped already
      if (Date.now() - startedAt > STABLE) this.#failures = 0;
      this.#onClose(code);
    });
  }

  /** Send a frame; return false if there is no connection. */
  send(frame) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Drop a connection on which nothing comes, and reconnect. */
  drop() {
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = undefined; // its close event may take minutes
    socket.close();
    this.#onClose(1006);
  }

  #onClose(code) {
    clearTimeout(this.#timer);
    this.#socket = undefined;
    const isFinal = FINAL.has(code);
    const delay = this.#delayAfter(code);
    this.#failures += 1;
    this.#timer = isFinal ? undefined : setTimeout(() => this.open(), delay);
    this.#onDown({ code, delay, isFinal });
  }

  #delayAfter(code) {
    let limit = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.#failures);
    if (ENDED.has(code)) limit = Math.max(limit, ENDED_DELAY);
    // Anywhere up to the limit ("full jitter"), so that a server that restarts doesn't
    // get all pages at once.
    return Math.random() * limit + (code === FLOOD ? FLOOD_DELAY : 0);
  }

  #reconnectNow() {
    if (this.#socket || !this.#timer) return;
    clearTimeout(this.#timer);
    this.open();
  }

  #dropAfter(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.drop(), milliseconds);
  }

  #acknowledge(bytes) {
    this.#received += bytes;
    if (this.#received - this.#acked < ACK_EVERY) return;
    this.#acked = this.#received;
    this.send({ type: "ack", bytes: this.#received });
  }
}
