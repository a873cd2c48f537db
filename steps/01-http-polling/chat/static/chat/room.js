// How a message travels here: it lies on the server until this page asks for it.

import { onSend, showMessage, showStatus } from "./page.js";

const LONGEST_WAIT = 25; // seconds that a long poll may be held
const MOST_MESSAGES = 100; // in one answer; there may be more behind so many
const AFTER_TROUBLE = 2; // seconds until the next try when the server is gone

const { messages: address } = document.body.dataset; // where the server has the messages
const transport = document.querySelector("#transport");
let reached = false; // whether the last question had an answer
let newest; // the id of the newest message that we have
let turn = new AbortController(); // ends the wait when the person changes the transport

listen();

onSend(async (message) => {
  await answerOf(await fetch(address, { method: "POST", body: JSON.stringify(message) }));
});

transport.addEventListener("submit", (event) => event.preventDefault());
transport.addEventListener("change", () => turn.abort());

async function listen() {
  for (;;) {
    turn = new AbortController();
    const { transport: kind, interval } = Object.fromEntries(new FormData(transport));
    const long = kind === "long";
    const how = long ? "holding a request" : `asking every ${interval} seconds`;
    try {
      if (reached) showStatus(`Listening: ${how}.`); // a long poll may take a while
      const found = await ask(long);
      reached = true;
      showStatus(`Listening: ${how}.`);
      if (!long && found < MOST_MESSAGES) await pause(Number(interval) || 2);
    } catch (error) {
      if (turn.signal.aborted) continue;
      reached = false;
      showStatus(`The server does not answer (${error.message}). Trying again.`, { trouble: true });
      await pause(AFTER_TROUBLE);
    }
  }
}

/** Ask for what is new and show it; return how many messages there were. */
async function ask(long) {
  const query = new URLSearchParams();
  if (newest !== undefined) {
    query.set("after", newest);
    if (long) query.set("wait", LONGEST_WAIT);
  }
  // An answer that may be kept is shared: of two tabs in one room, the browser would let
  // one wait for what the other one gets.
  const options = { signal: turn.signal, cache: "no-store" };
  const { messages } = await answerOf(await fetch(`${address}?${query}`, options));
  for (const message of messages) {
    showMessage(message);
    newest = message.id;
  }
  newest ??= 0; // an empty room: everything is after 0
  return messages.length;
}

async function answerOf(response) {
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

/** Wait so many seconds, or until the person changes the transport. */
function pause(seconds) {
  return new Promise((resolve) => {
    setTimeout(resolve, seconds * 1000);
    turn.signal.addEventListener("abort", resolve);
  });
}
