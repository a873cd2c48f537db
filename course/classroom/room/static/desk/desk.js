// The instructor's page: each button sends what it does, and the server says how it went.

import { keepOpen } from "../phone/socket.js";

const at = (id) => document.getElementById(id);

// What can be done to a server in each state.
const VERBS = {
  stopped: ["start"],
  starting: ["kill"],
  up: ["stop", "kill", "pause", "restart"],
  paused: ["resume", "kill", "stop"],
  ended: ["start"],
};

const socket = keepOpen("/ws/desk/", {
  open: () => (at("status").textContent = "Connected."),
  close: () => {
    at("status").textContent = "The class has ended, or its terminal was closed.";
    at("units").replaceChildren();
  },
  event({ kind, ...event }) {
    handlers[kind]?.(event);
  },
});

const handlers = {
  units: ({ units }) => {
    const focused = document.activeElement?.dataset.key;
    const rows = [...at("units").rows];
    units.map(row).forEach((line, index) => {
      // Replace only rows that have changed: a click on a replaced row would be lost.
      if (!rows[index]) at("units").append(line);
      else if (!rows[index].isEqualNode(line)) rows[index].replaceWith(line);
    });
    rows.slice(units.length).forEach((old) => old.remove());
    if (focused) document.querySelector(`[data-key="${focused}"]`)?.focus();
    const chats = units.filter(({ name }) => /^\d\d/.test(name));
    const select = at("crowd-unit");
    if (!select.options.length) {
      select.append(...chats.map(({ name, title }) => new Option(title, name)));
      select.value = "04";
    }
  },
  room: ({ people }) => {
    at("here").textContent = `Here: ${people.length}`;
    at("nobody").hidden = people.length > 0;
    at("people").replaceChildren(...people.map(person));
  },
  votes: ({ question, choices, counts, open }) => {
    const given = question && choices.map((text, number) => `${text}: ${counts[number]}`);
    at("votes").textContent = question
      ? `${open ? "Vote" : "Closed vote"}: ${question} ${given.join(", ")}`
      : "";
  },
  problem: ({ text }) => say(text, true),
  done: ({ text }) => text && say(text, false),
};

document.addEventListener("click", ({ target }) => {
  const button = target.closest("button[data-do]");
  if (!button) return;
  const { do: verb, sure, key, ...rest } = button.dataset;
  if (sure && !confirm(sure)) return;
  ask({ do: verb, ...rest }, button);
});
at("crowd-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const wish = { do: event.submitter.value, unit: form.get("unit"), room: form.get("room") };
  ask(wish, event.submitter);
});

function ask(wish, button) {
  say(`${button.ariaLabel ?? button.textContent.trim()} …`, false);
  socket.send(wish);
}

function say(text, isProblem) {
  at("said").textContent = text;
  at("said").classList.toggle("problem", isProblem);
}

function row({ name, title, port, url, state }) {
  const line = document.createElement("tr");
  const link = element(url.startsWith("http") ? "a" : "span", title);
  link.href = url;
  link.target = "_blank";
  line.insertCell().append(link);
  line.insertCell().textContent = port;
  const cell = line.insertCell();
  cell.textContent = state;
  cell.dataset.state = state;
  const buttons = VERBS[state].map((verb) => {
    const button = element("button", verb);
    Object.assign(button.dataset, { do: verb, unit: name, key: `${name}-${verb}` });
    button.ariaLabel = `${verb} ${title}`;
    return button;
  });
  line.insertCell().append(...buttons);
  return line;
}

function person({ number, name, hidden }) {
  const item = document.createElement("li");
  const label = element("span", name);
  label.classList.toggle("hidden-name", hidden);
  const button = element("button", hidden ? "show" : "hide");
  button.ariaLabel = `${hidden ? "Show" : "Hide"} the name ${name}`;
  button.addEventListener("click", () => {
    socket.send({ do: "hide", person: number, hidden: !hidden });
  });
  item.append(label, button);
  return item;
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
