// How a message travels here: through a line that comes back by itself, out of an outbox
// that forgets nothing, into a log without gaps.

import { Connection } from "./connection.js";
import { copyAtClick } from "./copy.js";
import { forgetOldest, showNew, showPast } from "./log.js";
import { offerOlder, onOlder, showOlder, stopAsking, tryAgainIn } from "./older.js";
import { Outbox } from "./outbox.js";
import { focusInput, giveBack, onSend, onTyping, showProblem, showStatus } from "./page.js";
import { removePending, showPending } from "./pending.js";
import { hasSpoken, showHere, showNobody, showTyping } from "./people.js";

const TRY_AGAIN = 3_000; // milliseconds until a message that could not be stored is sent again
// The limit lets one message through after a fifth of a second. A page that came back
// for each would be refused each time, and cut off in the end.
const SLOW_DOWN = 1_000;
const TYPING_EVERY = 2_000;

// What the server will never take, however often it is sent.
const REFUSED = new Set(["bad_message", "bad_json", "empty", "too_big", "too_long"]);

const { socket: address, user } = document.body.dataset;
const scheme = location.protocol === "https:" ? "wss" : "ws";
let last; // the number of the last message in the log
let epoch; // which history that number belongs to
let isIn = false; // whether the page has caught up with the room
let toldAt = 0; // when we have last told that the person types

const connection = new Connection(() => {
  const place = last === undefined ? "" : `?${new URLSearchParams({ after: last, epoch })}`;
  return `${scheme}://${location.host}${address}${place}`;
});
// Each person has an outbox of her own, also where two log in one after the other.
const owner = `${user} ${location.pathname}`;
const outbox = new Outbox(owner, connection, (message) => {
  showPending(message, { sendAgain, edit });
});

// A Map, and whatever is not in it is ignored: newer servers may say more.
const reactions = new Map(
  Object.entries({
    sync,
    message: (message) => take([message]),
    history: showOlder,
    sent,
    presence: showHere,
    typing: showTyping,
    error: explain,
  }),
);

connection.addEventListener("frame", ({ detail: frame }) => reactions.get(frame.type)?.(frame));
connection.addEventListener("down", ({ detail }) => sayDown(detail));
onSend((text) => outbox.add(text));
onTyping(tellTyping);
onOlder((before) => isIn && connection.send({ type: "history", before }));
copyAtClick(document.querySelector("#chat-copy"), () => location.origin + location.pathname);
connection.open();

// ---- What the server says ----------------------------------------------------------

/** Several messages: what we have missed, or the newest ones of a room new to us. */
function sync(frame) {
  if (frame.reset) {
    beginWith(frame);
  } else {
    take(frame.messages);
  }
  if (frame.epoch === null) return; // not the last of what we have missed, or no catching up
  epoch = frame.epoch;
  isIn = true;
  showProblem("");
  showStatus(gettext("Connected."));
  outbox.open();
}

/** The log begins anew. */
function beginWith({ messages, more }) {
  last = messages.at(-1)?.seq ?? 0;
  for (const { cid } of messages) settle(cid);
  offerOlder(more);
  showPast(messages);
}

/** Messages that follow those in the log. */
function take(messages) {
  const news = [];
  for (const message of messages) {
    if (message.seq <= last) continue; // we have it
    last = message.seq;
    settle(message.cid);
    hasSpoken(message.sender);
    news.push(message);
  }
  showNew(news);
  if (forgetOldest()) offerOlder(true);
}

/** The server has stored our message. Its place in the log comes with the message. */
function sent({ cid, seq }) {
  if (seq > last) {
    outbox.confirm(cid);
  } else {
    settle(cid); // it is in the log: we have sent it twice
  }
}

/** A message is in the log, and not on its way any more. */
function settle(cid) {
  if (outbox.remove(cid)) removePending(cid);
}

function explain({ error, code, cid, retry_after = 0 }) {
  if (code === "rate_limited") {
    const pause = Math.max(SLOW_DOWN, retry_after * 1000);
    if (cid) outbox.pause(pause);
    else tryAgainIn(pause);
  } else if (code === "unavailable" && cid) {
    outbox.pause(TRY_AGAIN);
  } else {
    if (REFUSED.has(code)) outbox.refuse(cid, error);
    stopAsking();
    showProblem(error);
  }
}

function sayDown({ code, pause, final }) {
  isIn = false;
  outbox.close();
  stopAsking();
  showNobody();
  const seconds = Math.ceil(pause / 1000);
  const next = final
    ? gettext("Reload the page to come back.")
    : interpolate(gettext("Trying again in %s s."), [seconds]);
  const what = interpolate(gettext("Disconnected (code %s)."), [code]);
  showStatus(`${what} ${next}`, { trouble: true });
}

// ---- What the person does ------------------------------------------------------------

function tellTyping() {
  if (!isIn || Date.now() < toldAt + TYPING_EVERY) return;
  toldAt = Date.now();
  connection.send({ type: "typing" });
}

/** Send a message again that has failed. */
function sendAgain(cid) {
  outbox.sendAgain(cid);
  focusInput(); // the button is gone
}

/** Give the text of a message that has failed back to the person. */
function edit(cid) {
  giveBack(outbox.remove(cid).text);
  removePending(cid);
}
