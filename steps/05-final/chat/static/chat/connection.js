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

// Bytes. The server disconnects a page that leaves two mebibytes unread, but only the page
// knows what it has read.
const ACK_EVERY = 256 * 1024;
const utf8 = new TextEncoder();

let page; // its functions
let socket;
let timer;
let failures = 0;
let received; // bytes
let acked;

/** Connect. `functions`: getUrl(), onFrame(frame), onDown({ code, delay, isFinal }). */
export function start(functions) {
  page = functions;
  addEventListener("online", reconnectNow);
  addEventListener("offline", drop); // without a network, a socket may take minutes to fail
  open();
}

/** Send a frame; return false if there is no connection. */
export function send(frame) {
  if (socket?.readyState !== WebSocket.OPEN) return false;
  socket.send(JSON.stringify(frame));
  return true;
}

/** Drop a connection on which nothing comes, and reconnect. */
export function drop() {
  const dropped = socket;
  if (!dropped) return;
  socket = undefined; // its close event may take minutes
  dropped.close();
  closed(1006);
}

function open() {
  const opened = new WebSocket(page.getUrl());
  const openedAt = Date.now();
  socket = opened;
  received = acked = 0;
  dropAfter(HANDSHAKE_TIMEOUT);
  opened.addEventListener("open", () => dropAfter(SILENCE_TIMEOUT));
  opened.addEventListener("message", ({ data }) => {
    dropAfter(SILENCE_TIMEOUT);
    page.onFrame(JSON.parse(data));
    acknowledge(utf8.encode(data).length);
  });
  opened.addEventListener("close", ({ code }) => {
    if (opened !== socket) return; // dropped already
    if (Date.now() - openedAt > STABLE) failures = 0;
    closed(code);
  });
}

function closed(code) {
  clearTimeout(timer);
  socket = undefined;
  const isFinal = FINAL.has(code);
  const delay = delayAfter(code);
  failures += 1;
  timer = isFinal ? undefined : setTimeout(open, delay);
  page.onDown({ code, delay, isFinal });
}

function delayAfter(code) {
  let limit = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** failures);
  if (ENDED.has(code)) limit = Math.max(limit, ENDED_DELAY);
  // Anywhere up to the limit ("full jitter"), so that a server that restarts doesn't get
  // all pages at once.
  return Math.random() * limit + (code === FLOOD ? FLOOD_DELAY : 0);
}

function reconnectNow() {
  if (socket || !timer) return;
  clearTimeout(timer);
  open();
}

function dropAfter(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(drop, milliseconds);
}

function acknowledge(bytes) {
  received += bytes;
  if (received - acked < ACK_EVERY) return;
  acked = received;
  send({ type: "ack", bytes: received });
}
