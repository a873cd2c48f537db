// Messages go from an outbox that loses nothing, over a connection that reconnects, into
// a log without gaps.

import * as connection from "./connection.js";
import { copyOnClick } from "./copy.js";
import { forgetOldest, showNew, showPast } from "./log.js";
import { askAgainIn, offerOlder, onOlder, showOlder, stopAsking } from "./older.js";
import * as outbox from "./outbox.js";
import { focusInput, onInput, showConnected, showDown, showProblem } from "./page.js";
import { removePending, showPending } from "./pending.js";
import { hasSpoken, showHere, showNobody, showTyping } from "./people.js";
import { forgetServer, showServer } from "./servers.js";
import { addUnseen, clearUnseen } from "./unseen.js";

// Milliseconds.
const TRY_AGAIN = 3_000; // after the database failed
const SLOW_DOWN = 1_000; // at the limit of five a second, a page would soon be refused again
const TYPING_EVERY = 2_000;

// Sending these again would not help.
const REFUSED = new Set(["bad_message", "bad_json", "empty", "too_big", "too_long"]);

let last; // the number of the last message in the log
let epoch; // the history that this number belongs to
let isIn = false; // whether the page has caught up with the room
let typingSentAt = 0;

const reactions = {
  sync,
  message: (message) => take([message]),
  history: showOlder,
  sent,
  presence: showHere,
  typing: showTyping,
  error: explain,
};

outbox.start((message) => showPending(message, { sendAgain, edit }));
onInput((text) => outbox.add(text), sendTyping);
onOlder((before) => isIn && connection.send({ type: "history", before }));
copyOnClick(document.querySelector("#chat-copy"), () => location.origin + location.pathname);
connection.start({ getUrl, onFrame: (frame) => reactions[frame.type]?.(frame), onDown });

function getUrl() {
  const place = last === undefined ? "" : `?${new URLSearchParams({ after: last, epoch })}`;
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return `${scheme}://${location.host}${document.body.dataset.socket}${place}`;
}

// ---- From the server

/** Messages that the page has missed, or with `reset` the newest ones of the room. */
function sync(frame) {
  if (frame.reset) startOver(frame);
  else take(frame.messages);
  if (frame.epoch === null) return; // there is more to catch up with
  epoch = frame.epoch;
  isIn = true;
  showProblem("");
  showConnected();
  outbox.open();
}

function startOver({ messages, more }) {
  last = messages.at(-1)?.seq ?? 0;
  for (const { cid } of messages) settle(cid);
  offerOlder(more);
  showPast(messages);
  clearUnseen();
}

/** Add messages to the log, except those that it has. */
function take(messages) {
  const news = [];
  for (const message of messages) {
    if (message.seq <= last) continue;
    last = message.seq;
    // What was sent only once was sent to the server of this connection.
    if (settle(message.cid)?.tries === 1 && isIn) showServer(message.server);
    hasSpoken(message.sender);
    news.push(message);
  }
  addUnseen(showNew(news));
  if (forgetOldest()) offerOlder(true);
}

/** The server has stored a message from here, which comes like those of others. */
function sent({ cid, seq }) {
  if (seq > last) outbox.confirm(cid);
  else settle(cid); // it has come already
}

/** A message is in the log: return it if it was in the outbox. */
function settle(cid) {
  const message = outbox.remove(cid);
  if (message) removePending(cid);
  return message;
}

function explain({ error, code, cid, retry_after = 0 }) {
  if (code === "rate_limited") {
    const pause = Math.max(SLOW_DOWN, retry_after * 1000);
    if (cid) outbox.pause(pause);
    else askAgainIn(pause);
  } else if (code === "unavailable" && cid) {
    outbox.pause(TRY_AGAIN);
  } else {
    if (REFUSED.has(code)) outbox.refuse(cid, error);
    stopAsking();
    showProblem(error);
  }
}

function onDown(how) {
  isIn = false;
  outbox.close();
  stopAsking();
  showNobody();
  forgetServer();
  showDown(how);
}

// ---- From the person

function sendTyping() {
  if (!isIn || Date.now() < typingSentAt + TYPING_EVERY) return;
  typingSentAt = Date.now();
  connection.send({ type: "typing" });
}

function sendAgain(cid) {
  outbox.sendAgain(cid);
  focusInput(); // the button is gone
}

function edit(cid) {
  focusInput(outbox.remove(cid).text);
  removePending(cid);
}
