// How a message travels here: through a line that comes back by itself, out of an outbox
// that forgets nothing, into a log without gaps.

import { Connection } from "./connection.js";
import { Outbox } from "./outbox.js";
import {
  clearLog,
  onSend,
  removePending,
  restoreText,
  showMessage,
  showPending,
  showProblem,
  showStatus,
} from "./page.js";

const TRY_AGAIN = 3_000; // milliseconds until a message that could not be stored is sent again

const scheme = location.protocol === "https:" ? "wss" : "ws";
let last; // the number of the last message in the log
let isBack = false; // whether the line has just come up

const connection = new Connection(() => {
  const after = last === undefined ? "" : `?after=${last}`;
  return `${scheme}://${location.host}/ws${location.pathname}${after}`;
});
// Each person has an outbox of her own, also where two log in one after the other.
const owner = `${document.body.dataset.user} ${location.pathname}`;
const outbox = new Outbox(owner, (message) => connection.send(message));

for (const message of outbox.messages) showPending(message);

connection.addEventListener("up", () => (isBack = true));

connection.addEventListener("down", ({ detail: { code, pause, final } }) => {
  const next = final ? "" : ` Trying again in ${Math.ceil(pause / 1000)} s.`;
  showStatus(`Disconnected (code ${code}).${next}`, { trouble: true });
});

connection.addEventListener("frame", ({ detail: frame }) => {
  const react = { sync, message: show, sent, error: explain, ping: () => {} }[frame.type];
  if (!react) throw new Error(`unknown frame: ${frame.type}`);
  react(frame);
});

onSend((text) => showPending(outbox.add(text)));
connection.open();

/** Several messages: what we have missed, or the newest ones of a room new to us. */
function sync({ reset, messages }) {
  if (reset) {
    clearLog();
    last = 0;
  }
  messages.forEach(show);
  showStatus("Connected.");
  if (isBack) sendAgain();
  isBack = false;
}

/** Send again what is on its way: nobody knows what had arrived. */
function sendAgain() {
  for (const { cid, text } of outbox.sendAll()) {
    removePending(cid);
    restoreText(text);
    showProblem("A message could not be sent in several tries.");
  }
}

function show(message) {
  if (message.seq <= last) return; // we have it
  last = message.seq;
  outbox.remove(message.cid);
  removePending(message.cid);
  showMessage(message);
}

/** The server has stored our message. Its place in the log comes with the message. */
function sent({ cid, dup }) {
  outbox.remove(cid);
  if (dup) removePending(cid); // it was in the log before
}

function explain({ error, code, cid }) {
  showProblem(error);
  if (code === "unavailable") setTimeout(() => outbox.sendAgain(cid), TRY_AGAIN);
  if (code === "bad_message") takeBack(cid);
}

/** A message that the server will never take: give its text back to the person. */
function takeBack(cid) {
  const message = outbox.remove(cid);
  if (!message) return;
  removePending(cid);
  restoreText(message.text);
}
