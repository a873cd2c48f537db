// How a message travels here: it waits on the server until this page asks for it.

import { onSend, showStatus } from "./page.js";
import { showPending, showStored } from "./pending.js";

const LONGEST_WAIT = 25; // seconds that the server may hold a long poll
const MOST_MESSAGES = 100; // in one answer; if there are so many, there may be more
const AFTER_TROUBLE = 2; // seconds until the next try when the server doesn't answer

const { messages: url, events } = document.body.dataset; // where the room's messages are
const transport = document.querySelector("#transport");
let isAnswered = false; // whether the last request was
let newest; // the id of the newest message that we have
let waiting = new AbortController(); // aborted when the person changes the transport

// `?transport=long` selects one; without such a transport, nothing happens.
transport.elements.transport.value = new URLSearchParams(location.search).get("transport");
transport.addEventListener("submit", (event) => event.preventDefault());
transport.addEventListener("change", () => waiting.abort());
listen();

onSend(async (message) => {
  const bubble = showPending(message);
  try {
    await answerOf(await fetch(url, { method: "POST", body: JSON.stringify(message) }));
  } catch (error) {
    bubble.remove();
    throw error;
  }
});

async function listen() {
  for (;;) {
    waiting = new AbortController();
    const { transport: kind, interval } = Object.fromEntries(new FormData(transport));
    const long = kind === "long";
    const how = long ? "holding a request" : `asking every ${interval} seconds`;
    try {
      if (isAnswered) showStatus(`Listening: ${how}.`); // a long poll may take a while
      const found = await ask(long);
      isAnswered = true;
      showStatus(`Listening: ${how}.`);
      if (kind === "events") {
        await follow();
        continue;
      }
      if (!long && found < MOST_MESSAGES) await pause(Number(interval) || 2);
    } catch (error) {
      if (waiting.signal.aborted) continue;
      isAnswered = false;
      showStatus(`The server does not answer (${error.message}). Trying again.`, { trouble: true });
      await pause(AFTER_TROUBLE);
    }
  }
}

/** Ask for new messages and show them; return how many there were. */
async function ask(long) {
  const query = new URLSearchParams();
  if (newest !== undefined) {
    query.set("after", newest);
    if (long) query.set("wait", LONGEST_WAIT);
  }
  // The browser shares an answer that it may cache: of two tabs in one room, one would
  // wait for the other's long poll to end.
  const options = { signal: waiting.signal, cache: "no-store" };
  const { messages } = await answerOf(await fetch(`${url}?${query}`, options));
  for (const message of messages) {
    showStored(message);
    newest = message.id;
  }
  newest ??= 0; // an empty room: every message comes after 0
  return messages.length;
}

/** Show what the server adds to one open answer, until the person changes the transport. */
function follow() {
  const source = new EventSource(`${events}?after=${newest}`);
  source.addEventListener("open", () => showStatus("Listening: an event stream is open."));
  source.addEventListener("message", ({ data }) => {
    const message = JSON.parse(data);
    showStored(message);
    newest = message.id;
  });
  return new Promise((resolve, reject) => {
    waiting.signal.addEventListener("abort", () => resolve(source.close()));
    // The browser would reconnect and send the id of the last event. We reconnect with
    // ask() instead, as after any other trouble.
    source.addEventListener("error", () => {
      source.close();
      reject(new Error("the event stream was cut"));
    });
  });
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
    waiting.signal.addEventListener("abort", resolve);
  });
}
