// The page of a phone: a name, who is here, and the vote when one is open.

import { keepOpen } from "./socket.js";

const at = (id) => document.getElementById(id);

// A browser that blocks cookies refuses localStorage, too. A reload is then somebody new.
let kept = {};
try {
  kept = localStorage;
} catch {}

// A secret of this browser: after sleep or a reload, it's the same person with the same vote.
kept.classKey ??= newKey();
at("name").value = kept.className ?? "";

const socket = keepOpen("/ws/room/", {
  open() {
    at("problem").textContent = "";
    say(kept.className ? "Connected." : "Connected. Type your name to join.");
    if (kept.className) join();
  },
  close() {
    say("Not connected. Trying again…");
  },
  event({ kind, ...event }) {
    handlers[kind]?.(event);
  },
});

const handlers = {
  room({ people }) {
    at("here").textContent = `Here: ${people.length}`;
    at("people").replaceChildren(...people.map((name) => withText("li", name)));
  },
  you({ name }) {
    kept.className = name;
    at("problem").textContent = "";
    say(`You are here as ${name}.`);
    at("join").textContent = "Change";
  },
  vote({ question, choices = [], mine }) {
    at("vote").hidden = !question;
    at("no-vote").hidden = Boolean(question);
    if (!question) return;
    at("question").textContent = question;
    at("choices").replaceChildren(...choices.map((text, choice) => button(text, choice, mine)));
  },
  problem({ text }) {
    at("problem").textContent = text;
  },
};

at("name-form").addEventListener("submit", (event) => {
  event.preventDefault();
  kept.className = at("name").value.trim();
  join();
});

function join() {
  socket.send({ do: "join", key: kept.classKey, name: kept.className });
}

function button(text, choice, mine) {
  const element = withText("button", text);
  element.type = "button";
  element.ariaPressed = choice === mine;
  element.addEventListener("click", () => {
    at("problem").textContent = "";
    socket.send({ do: "vote", choice });
  });
  return element;
}

function withText(tag, text) {
  const element = document.createElement(tag);
  element.textContent = text;
  return element;
}

function say(text) {
  at("status").textContent = text;
}

/** Return a random key. Not crypto.randomUUID, which plain HTTP does not offer. */
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
