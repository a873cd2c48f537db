/* Requests that wait: eight threads, or coroutines in one thread.
 *
 * The rules, the same for both servers:
 * - all requests arrive at 0 s, in order, and each waits `hold` seconds for news;
 * - a newcomer asks for an ordinary page at NEWCOMER seconds, and that takes no time;
 * - a WSGI server runs as many calls as it has threads, and queues the rest in order;
 * - an event loop runs until an `await`, so `time.sleep` in a coroutine stops all others.
 */

import {
  button,
  controls,
  digits,
  element,
  fitted,
  play,
  plural,
  range,
  simplified,
  status,
  svg,
  table,
  tick,
} from "./parts.js";

export const NEWCOMER = 1; // seconds after the others
const PLAYED = 6; // seconds that the play button takes

/** Return when each request starts and is answered, in seconds, on both servers.
 *
 * `blocks` makes the last of the waiting requests block instead of pausing.
 */
export function simulate({ threads, requests, hold, blocks }) {
  const free = Array(threads).fill(0);
  const serve = (arrives, takes) => {
    const first = free.indexOf(Math.min(...free));
    const begins = Math.max(arrives, free[first]);
    free[first] = begins + takes;
    return { arrives, begins, ends: begins + takes };
  };
  const wsgi = Array.from({ length: requests }, () => serve(0, hold));
  wsgi.push(serve(NEWCOMER, 0));

  // The loop starts every coroutine at 0 s, and the last one may block it until `hold`.
  const asgi = Array.from({ length: requests }, (_, index) => ({
    arrives: 0,
    begins: 0,
    ends: hold,
    blocks: blocks && index === requests - 1,
  }));
  const begins = blocks ? Math.max(NEWCOMER, hold) : NEWCOMER;
  asgi.push({ arrives: NEWCOMER, begins, ends: begins });
  const end = Math.max(...wsgi.map((one) => one.ends), hold, NEWCOMER);
  return { wsgi, asgi, end };
}

/** Return what is held and what waits at a moment, on a server. */
export function at(list, time) {
  const running = list.filter((one) => one.begins <= time && time < one.ends);
  const queued = list.filter((one) => one.arrives <= time && time < one.begins);
  const answered = list.filter((one) => one.ends <= time);
  return { running, queued, answered };
}

/** Fill the place of the lab. */
export default function start(place, figures) {
  const { box, say, now: sayNow } = status();
  let plan;
  let stop = () => {};

  const threads = range({
    label: "Threads of the WSGI server",
    min: 1,
    max: 16,
    value: 8,
    change: make,
  });
  const requests = range({
    label: "Requests that wait",
    min: 1,
    max: 24,
    value: 7,
    change: make,
  });
  const hold = range({
    label: "Each waits",
    min: 2,
    max: 25,
    value: 10,
    written: (value) => `${value} s`,
    change: make,
  });
  const blocks = tick({
    label: element(
      "span",
      {},
      "One blocks: ",
      element("code", {}, "time.sleep"),
      " in place of ",
      element("code", {}, "await"),
    ),
    change: make,
  });
  const time = range({
    label: "Time",
    min: 0,
    max: 100,
    step: 0.5,
    value: NEWCOMER,
    written: (value) => `${value} s`,
    change: (value) => {
      stop();
      show();
      say(scene(value));
    },
  });
  const run = button("Play from the start", () => {
    stop();
    stop = play(
      PLAYED,
      (passed) => {
        time.value = (passed / PLAYED) * plan.end;
        show();
      },
      () => sayNow(outcome()),
    );
  });
  const wsgi = element("div", { class: "seats-server" });
  const asgi = element("div", { class: "seats-server" });
  const drawing = element("div", {});
  const numbers = element("div");
  const redraw = fitted(drawing, (width) => drawn(plan, width));

  place.replaceChildren(
    controls(threads.box, requests.box),
    controls(hold.box, blocks.box),
    box,
    controls(time.box, element("div", {}, run)),
    element("div", { class: "seats" }, wsgi, asgi),
    drawing,
    numbers,
    simplified(
      "only waiting takes time. A real request also needs CPU time, on both servers.",
    ),
  );
  make();

  function make() {
    stop();
    plan = simulate({
      threads: threads.value,
      requests: requests.value,
      hold: hold.value,
      blocks: blocks.value,
    });
    time.input.max = Math.ceil(plan.end) + 1;
    time.value = NEWCOMER;
    show();
    redraw();
    numbers.replaceChildren(compared(plan, threads.value, requests.value, figures));
    say(outcome());
  }

  function outcome() {
    const [under, over] = [plan.wsgi, plan.asgi].map((list) => answeredAfter(list.at(-1)));
    const held = Math.min(threads.value, requests.value);
    const why = blocks.value
      ? "One coroutine blocks the event loop."
      : `${plural(requests.value, "coroutine")} pause in one thread.`;
    return (
      `WSGI, ${held} of ${plural(threads.value, "thread")} held: the newcomer is answered ` +
      `${under}. ASGI: the newcomer is answered ${over}. ${why}`
    );
  }

  function scene(moment) {
    const left = at(plan.wsgi, moment);
    const right = at(plan.asgi, moment);
    return (
      `At ${moment} s. WSGI: ${left.running.length} of ${threads.value} threads held, ` +
      `${left.queued.length} queued, ${left.answered.length} answered. ` +
      `ASGI: ${right.running.length} waiting, ${right.queued.length} queued, ` +
      `${right.answered.length} answered.`
    );
  }

  function show() {
    const moment = time.value;
    const left = at(plan.wsgi, moment);
    const seats = Array.from({ length: threads.value }, (_, index) =>
      seat(plan.wsgi, left.running[index], "free"),
    );
    wsgi.replaceChildren(
      ...server(`WSGI: ${plural(threads.value, "thread")}`, seats, plan.wsgi, left),
    );
    const right = at(plan.asgi, moment);
    const blocked = right.running.some((one) => one.blocks);
    const waiting = right.running.map((one) => seat(plan.asgi, one));
    asgi.replaceChildren(
      ...server(
        `ASGI: one event loop, ${blocked ? "blocked" : "free"}`,
        waiting.length ? waiting : [seat(plan.asgi, undefined, "none waits")],
        plan.asgi,
        right,
      ),
    );
    asgi.toggleAttribute("data-blocked", blocked);
  }
}

function answeredAfter({ arrives, ends }) {
  return ends === arrives ? "at once" : `after ${digits(ends - arrives)} s`;
}

/** Return the name of a request: its number, or "new". */
function nameOf(list, one) {
  const index = list.indexOf(one);
  return index === list.length - 1 ? "new" : String(index + 1);
}

function seat(list, one, words) {
  if (!one) return element("span", { class: "seat", "data-kind": "free" }, words);
  const kind = one.blocks ? "blocks" : "held";
  const name = one.blocks ? `${nameOf(list, one)} blocks` : nameOf(list, one);
  return element("span", { class: "seat", "data-kind": kind }, name);
}

function server(title, seats, list, { queued, answered }) {
  const names = (some) => some.map((one) => nameOf(list, one)).join(" ") || "–";
  return [
    element("p", { class: "seats-title" }, title),
    element("div", { class: "seats-row" }, seats),
    element("p", {}, `Queued: ${names(queued)}`),
    element("p", {}, `Answered: ${names(answered)}`),
  ];
}

function compared({ wsgi, asgi }, threads, requests, figures) {
  const last = [wsgi, asgi].map((list) => answeredAfter(list.at(-2)));
  return table("What it comes to", ["WSGI", "ASGI"], [
    ["the newcomer is answered", answeredAfter(wsgi.at(-1)), answeredAfter(asgi.at(-1))],
    ["the last one that waits", ...last],
    ["threads held by requests", String(Math.min(threads, requests)), "0"],
    ["idle threads that Django keeps", "0", String(requests)],
    [
      "memory for each listener, in our measurement of Django",
      `${digits(figures.wsgi_kb, 2)} KB`,
      `${digits(figures.asgi_kb, 2)} KB`,
    ],
  ]);
}

/** Return the drawing: one line for each request on each server. */
function drawn({ wsgi, asgi, end }, width) {
  const [left, right, row] = [40, 10, 14];
  const x = (time) => left + (time * (width - left - right)) / Math.max(end, 1);
  const parts = [];
  let y = 0;
  for (const [title, list] of [
    ["WSGI", wsgi],
    ["ASGI", asgi],
  ]) {
    y += 22;
    parts.push(svg("text", { class: "strong", x: 0, y: y - 6 }, title));
    for (const one of list) {
      const middle = y + row / 2;
      parts.push(svg("text", { class: "name", x: 0, y: middle + 4 }, nameOf(list, one)));
      const line = (kind, from, to) =>
        svg("line", { class: kind, x1: x(from), x2: x(to), y1: middle, y2: middle });
      if (one.begins > one.arrives) parts.push(line("queued", one.arrives, one.begins));
      if (one.ends > one.begins) {
        parts.push(line(one.blocks ? "blocks" : "held", one.begins, one.ends));
      }
      parts.push(svg("circle", { class: "end", cx: x(one.ends), cy: middle, r: 4 }));
      y += row;
    }
  }
  parts.push(svg("text", { x: left, y: y + 18 }, "0 s"));
  parts.push(svg("text", { x: width - right, y: y + 18, "text-anchor": "end" }, `${digits(end)} s`));
  const words = "━ held   ┅ queued   ▬ blocks the event loop   ● answered";
  return [
    svg(
      "svg",
      {
        class: "seats-time",
        viewBox: `0 0 ${width} ${y + 24}`,
        role: "img",
        "aria-label": "One line for each request: how long it queues, and how long it is held.",
      },
      parts,
    ),
    element("p", { class: "lab-caption" }, words),
  ];
}
