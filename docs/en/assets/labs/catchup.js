/* Lab: events get lost, doubled and reordered on their way; three ways to show them.
 *
 * Ana sends messages, which are stored as number 1, 2, 3 and so on. An event for each goes
 * through the channel layer to Bia's process, and the reader decides what happens to it.
 * Three processes receive it, each with a page of Bia's:
 *
 * plain     shows what arrives, as step 04 does
 * higher    shows what has a higher number than the last, as `take` in room.js of step 05
 *           does, but without a process that puts messages in order
 * ordered   step 05: LocalRoom in local_room.py, catch_up in catch_up.py, and `take`
 *
 * What the lab leaves out is in docs/data/labs/catchup.md.
 */

import { button, element, plural, status } from "./parts.js";

export const GAP_LASTS = 50; // ms, in local_room.py
export const CHECK_EVERY = 25; // seconds, in watch.py
export const MOST = 9; // messages that Ana can send

/** Return the state at the start: one list of numbers for each place. */
export function begin() {
  return {
    stored: 0, // the number of the last message in the database
    wire: [], // events on their way, the next one first
    isConnected: true,
    plain: [],
    higher: [],
    ordered: [],
    // The LocalRoom of step 05: what it has sent to its sockets, and what waits for a gap.
    head: 0,
    ahead: [],
    wanted: 0, // the highest number that it knows to exist
  };
}

/** What a reader can do. Each changes the state, and returns what happened, in words. */
export const ACTIONS = {
  send(state) {
    state.stored += 1;
    state.wire.push(state.stored);
    return `Ana sends ${state.stored}. It is stored, and its event is on its way.`;
  },

  deliver(state) {
    const seq = state.wire.shift();
    if (state.isConnected) {
      state.plain.push(seq);
      take(state.higher, [seq]);
    }
    const before = state.head;
    receive(state, seq);
    return `Event ${seq} arrives. ${inStep05(state, seq, before)}`;
  },

  lose(state) {
    return `Event ${state.wire.shift()} is lost. No process gets an error.`;
  },

  copy(state) {
    state.wire.push(state.wire[0]);
    return `Event ${state.wire[0]} is on its way twice.`;
  },

  swap(state) {
    const [first, second] = state.wire;
    state.wire.splice(0, 2, second, first);
    return `Event ${second} has overtaken event ${first}.`;
  },

  wait(state) {
    if (state.head >= state.wanted) return `${GAP_LASTS} ms pass. Step 05 knows of no gap.`;
    return `${GAP_LASTS} ms pass. ${readOn(state)}`;
  },

  check(state) {
    state.wanted = Math.max(state.wanted, state.stored);
    const begin = "Step 05 compares its last number with the database's.";
    if (state.head >= state.wanted) return `${begin} Nothing is missing.`;
    return `${begin} ${readOn(state)}`;
  },

  disconnect(state) {
    state.isConnected = false;
    return "Bia's connection drops.";
  },

  reconnect(state) {
    state.isConnected = true;
    const after = state.ordered.at(-1) ?? 0;
    const missed = numbers(after, state.head);
    take(state.ordered, missed);
    const got = missed.length ? `gets ${inWords(missed)}` : "has missed nothing";
    return `Bia reconnects. Her page of step 05 sends ?after=${after}, and ${got}.`;
  },
};

/** Return whether an action is possible now. */
export function isPossible(name, { stored, wire }) {
  switch (name) {
    case "send":
      return stored < MOST;
    case "deliver":
    case "lose":
      return wire.length > 0;
    case "copy":
      return wire.length > 0 && wire.length < 2 * MOST;
    case "swap":
      return wire.length > 1 && wire[0] !== wire[1];
    default:
      return true;
  }
}

/** Say what a page lacks or has too much of; `isGood` if that is nothing.
 *
 * `key` names the page. What is on its way, or waits for a gap, may still come.
 */
export function verdict(state, key) {
  const shown = state[key];
  const coming = key === "ordered" ? [...state.wire, ...state.ahead] : state.wire;
  const absent = numbers(0, state.stored).filter((seq) => !shown.includes(seq));
  const missing = absent.filter((seq) => !coming.includes(seq));
  const toCome = absent.filter((seq) => coming.includes(seq));
  const once = [...new Set(shown)];
  const twice = once.filter((seq) => shown.indexOf(seq) !== shown.lastIndexOf(seq));
  const isOrdered = once.every((seq, index) => !index || once[index - 1] < seq);
  const words = [];
  if (missing.length) words.push(`${inWords(missing)} missing`);
  if (twice.length) words.push(`${inWords(twice)} more than once`);
  if (!isOrdered) words.push("out of order");
  const isGood = !words.length;
  if (toCome.length) words.push(`${inWords(toCome)} to come`);
  return { isGood, words: words.join("; ") || (shown.length ? "complete" : "empty") };
}

/** `take` of room.js: show messages, but for those that the page has. */
function take(shown, messages) {
  for (const seq of messages) {
    if (seq <= (shown.at(-1) ?? 0)) continue;
    shown.push(seq);
  }
}

/** `LocalRoom.deliver`: keep what is new, and send what directly follows. */
function receive(state, seq) {
  if (seq > state.head && !state.ahead.includes(seq)) state.ahead.push(seq);
  state.wanted = Math.max(state.wanted, seq);
  takeInOrder(state);
}

function takeInOrder(state) {
  while (state.ahead.includes(state.head + 1)) post(state, [state.head + 1]);
}

/** `LocalRoom.read_on`: read what is missing from the database. */
function readOn(state) {
  const missing = numbers(state.head, state.stored);
  post(state, missing);
  return `Step 05 reads ${inWords(missing)} from the database.`;
}

/** `LocalRoom.take`: send messages to the sockets, and remember the last one. */
function post(state, messages) {
  state.head = Math.max(state.head, ...messages);
  state.ahead = state.ahead.filter((seq) => seq > state.head);
  if (state.isConnected) take(state.ordered, messages);
}

function inStep05({ head, ahead }, seq, before) {
  if (seq <= before) return "Step 05 has it already, and ignores it.";
  if (ahead.includes(seq)) return `Step 05 keeps it, because ${head + 1} is missing.`;
  const sent = inWords(numbers(before, head));
  return `Step 05 sends ${sent} to its pages.`;
}

/** The numbers after `low`, up to `high`. */
function numbers(low, high) {
  return Array.from({ length: Math.max(0, high - low) }, (_, index) => low + index + 1);
}

/** Write numbers that rise: "1 to 4, 6". */
function inWords(list) {
  const spans = [];
  for (const seq of [...list].sort((one, other) => one - other)) {
    if (spans.at(-1)?.at(-1) === seq - 1) spans.at(-1).push(seq);
    else spans.push([seq]);
  }
  const words = spans.map((span) => {
    return span.length > 2 ? `${span[0]} to ${span.at(-1)}` : span.join(", ");
  });
  return words.join(", ");
}

const BUTTONS = [
  ["Ana", [["send", "Send a message"]]],
  [
    "First event",
    [
      ["deliver", "Deliver"],
      ["lose", "Lose"],
      ["copy", "Double"],
      ["swap", "Swap with the next"],
    ],
  ],
  [
    "Time",
    [
      ["wait", `${GAP_LASTS} ms pass`],
      ["check", "The regular check"],
    ],
  ],
  ["Bia", [["connect", "Disconnect"]]],
];
const PAGES = [
  ["plain", "No numbers", "shows what arrives"],
  ["higher", "Only higher numbers", "ignores the rest"],
  ["ordered", "Step 05", "puts in order, and repairs"],
];

export default function start(place) {
  let state = begin();
  const said = status();
  const buttons = {};
  const groups = BUTTONS.map(([name, actions]) =>
    element(
      "div",
      { class: "catchup-group", role: "group", "aria-label": name },
      element("span", { class: "lab-label", "aria-hidden": "true" }, name),
      actions.map(([action, words]) => {
        buttons[action] = button(words, () => act(inState(action)));
        return buttons[action];
      }),
    ),
  );
  const again = button("Start again", () => {
    state = begin();
    show();
    said.now("Everything is empty again.");
  });
  const wire = element("div", { class: "catchup-wire" });
  const pages = element("div", { class: "catchup-pages" });
  const last = element("div", { class: "catchup-row" }, groups.pop(), again);
  place.append(...groups, last, said.box, wire, pages);
  show();
  said.now("Ana hasn't sent anything yet.");

  function inState(action) {
    if (action !== "connect") return action;
    return state.isConnected ? "disconnect" : "reconnect";
  }

  function act(action) {
    if (!isPossible(action, state)) {
      said.now(excuse(action));
      return;
    }
    const happened = ACTIONS[action](state);
    show();
    said.now(`${happened} ${summary(state)}`);
  }

  function show() {
    for (const [action, one] of Object.entries(buttons)) {
      // Not `disabled`: the focus must stay where it is.
      one.setAttribute("aria-disabled", String(!isPossible(inState(action), state)));
    }
    buttons.connect.textContent = state.isConnected ? "Disconnect" : "Reconnect";
    const { stored, wire: events, ahead, isConnected } = state;
    const listed = [
      ["In the database", numbers(0, stored)],
      ["On their way (the first is on the left)", events],
    ];
    wire.replaceChildren(
      ...listed.map(([name, list]) => {
        const label = element("span", { class: "lab-label" }, name);
        return element("div", {}, label, boxes(list, "none"));
      }),
    );
    pages.replaceChildren(
      ...PAGES.map(([key, name, rule]) => {
        const { isGood, words } = verdict(state, key);
        const kept = key === "ordered" && ahead.length;
        return element(
          "section",
          { "data-page": key, "aria-label": name },
          element("p", { class: "lab-label" }, name),
          element("p", { class: "catchup-rule" }, rule),
          boxes(state[key], "nothing"),
          kept ? element("p", {}, "waits in the process: ", boxes(ahead, "")) : "",
          element(
            "p",
            {
              class: "catchup-verdict",
              "data-sign": isGood ? (words === "complete" ? "✓" : "…") : "✗",
            },
            isConnected ? words : `${words} (disconnected)`,
          ),
        );
      }),
    );
  }
}

function boxes(list, none) {
  if (!list.length) return element("span", { class: "catchup-none" }, none);
  const items = list.map((seq) => element("li", {}, String(seq)));
  return element("ol", { class: "catchup-numbers", role: "list" }, items);
}

function summary(state) {
  return PAGES.map(([key, name]) => `${name}: ${verdict(state, key).words}.`).join(" ");
}

function excuse(action) {
  const reasons = {
    send: `${plural(MOST, "message")} are enough; start again.`,
    swap: "Swapping needs two different events on their way.",
    copy: "Doubling needs an event, and there's room for eighteen.",
  };
  return reasons[action] ?? "No event is on its way: send a message as Ana.";
}
