/* What short polling costs, and how long a message waits for it.
 *
 * The bytes are those of two recorded exchanges between a browser and step 01; the CPU
 * time is the benchmark's. The rest follows from these rules:
 * - everyone in the room sends one poll each interval, and nothing takes time but waiting;
 * - messages are sent at random moments, so a poll of T seconds finds none with the
 *   probability e^(-rate T).
 */

import {
  choice,
  controls,
  digits,
  element,
  field,
  fitted,
  plural,
  range,
  simplified,
  status,
  svg,
  table,
} from "./parts.js";

const HELD = 25; // seconds that step 01 holds a long poll at most
const WINDOW = 30; // seconds that the drawing shows
const [LEAST, MOST] = [0.5, 60]; // seconds of an interval
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Return what a room costs, with short polls each `interval` seconds and with long polls.
 *
 * `messages` are those of the whole room in a minute. Bytes count both directions.
 * Delays are in seconds, and count only the wait for the next poll.
 */
export function cost({ interval, people, messages }, figures) {
  const rate = messages / 60;
  const none = Math.exp(-rate * interval);
  const polls = people / interval;
  const empty = figures.empty_request + figures.empty_response;
  const message = figures.message_response - figures.empty_response;
  const delivered = people * rate;
  const short = {
    requests: polls,
    empty: none,
    bytes: polls * empty + delivered * message,
    average: interval / 2,
    longest: interval,
    held: 0,
    cpu: (polls * figures.cpu_us) / figures.requests / 1e6,
  };
  // A long poll ends with the first message, or after HELD seconds without one.
  const silent = Math.exp(-rate * HELD);
  const asked = people * (rate ? rate / (1 - silent) : 1 / HELD);
  const long = {
    requests: asked,
    empty: silent,
    bytes: asked * (figures.long_request + figures.empty_response) + delivered * message,
    average: 0,
    longest: 0,
    held: people,
    cpu: (asked * figures.long_cpu_us) / figures.long_requests / 1e6,
  };
  return { short, long };
}

/** Return when messages are sent within the drawing: irregular, and the same each time. */
export function moments(messages) {
  const number = Math.round((messages * WINDOW) / 60);
  const times = Array.from({ length: number }, (_, index) => {
    return WINDOW * (((index + 1) * GOLDEN) % 1);
  });
  return times.sort((a, b) => a - b);
}

/** Return the polls within the drawing, each with the messages that it finds. */
export function polls(interval, times) {
  const found = [];
  for (let at = interval; at <= WINDOW + 1e-9; at += interval) {
    found.push({ at, found: times.filter((time) => time <= at && time > at - interval) });
  }
  return found;
}

/** Fill the place of the lab. */
export default function start(place, figures) {
  const { box, say } = status();
  const interval = field({
    label: "Interval, in seconds",
    type: "number",
    value: 2,
    min: LEAST,
    max: MOST,
    step: "any",
    inputmode: "decimal",
    check: (value) => {
      if (value >= LEAST && value <= MOST) return "";
      if (value === 0) return "Without a pause, a page would send polls as fast as it can.";
      return `Choose ${LEAST} to ${MOST} seconds.`;
    },
    change: show,
  });
  const quick = choice({
    label: "Or a common one",
    options: [1, 2, 5, 10, 30].map((value) => [value, plural(value, "second")]),
    value: 2,
    change: (value) => {
      interval.value = value;
      show();
    },
  });
  const people = range({
    label: "People in the room",
    min: 1,
    max: 500,
    value: 30,
    change: show,
  });
  const messages = range({
    label: "Messages in a minute",
    min: 0,
    max: 60,
    value: 2,
    written: (value) => (value ? String(value) : "0: silence"),
    change: show,
  });
  const drawing = element("div", { class: "polling-time" });
  const numbers = element("div");
  const redraw = fitted(drawing, (width) => drawn(chosen, width));
  let chosen;
  place.replaceChildren(
    controls(interval.box, quick.box),
    controls(people.box, messages.box),
    box,
    drawing,
    numbers,
    simplified(
      "every response is instant, and one core does all the work. " +
        "A server that is busy all the time delays more than this lab shows.",
    ),
  );
  show();

  function show() {
    const typed = interval.value;
    const seconds = typed >= LEAST && typed <= MOST ? typed : chosen.interval;
    quick.value = seconds;
    chosen = { interval: seconds, people: people.value, messages: messages.value };
    const { short, long } = cost(chosen, figures);
    say(sentence(short, long, chosen));
    redraw();
    numbers.replaceChildren(compared(short, long));
  }
}

function sentence(short, long, { interval, people }) {
  const busy = short.cpu > 1 ? " That's more than one core can do." : "";
  return (
    `Short polling: ${digits(short.requests)} requests a second, ` +
    `${percent(short.empty)} of them empty, ${digits(short.bytes)} bytes a second. ` +
    `A message waits ${digits(interval / 2)} s on average, ${digits(interval)} s at most.` +
    `${busy} Long polling: ${digits(long.bytes)} bytes a second, no wait for the next ` +
    `poll, and ${plural(people, "thread")} held.`
  );
}

function percent(share) {
  const value = share * 100;
  if (value > 99.9 && value < 100) return "over 99.9%";
  if (value < 0.1 && value > 0) return "under 0.1%";
  return `${digits(value)}%`;
}

function compared(short, long) {
  return table("The whole room", ["Short polling", "Long polling"], [
    ["requests a second", digits(short.requests), digits(long.requests)],
    ["without a message", percent(short.empty), percent(long.empty)],
    ["bytes a second", digits(short.bytes), digits(long.bytes)],
    ["a message waits, on average", `${digits(short.average)} s`, "0 s"],
    ["… at most", `${digits(short.longest)} s`, "0 s"],
    ["threads held (WSGI)", "0", String(long.held)],
    ["one core busy", percentOf(short.cpu), percentOf(long.cpu)],
  ]);
}

function percentOf(share) {
  return share > 1 ? `${digits(share * 100)}%: too much` : `${digits(share * 100, 2)}%`;
}

/** Return the drawing: half a minute of one page, and the same in words. */
function drawn({ interval, messages }, width) {
  const times = moments(messages);
  const asked = polls(interval, times);
  const empty = asked.filter(({ found }) => found.length === 0).length;
  const left = 8;
  const x = (time) => left + (time * (width - 2 * left)) / WINDOW;
  const parts = [svg("line", { class: "axis", x1: left, x2: width - left, y1: 70, y2: 70 })];
  for (const { at, found } of asked) {
    const kind = found.length ? "full" : "empty";
    parts.push(svg("line", { class: kind, x1: x(at), x2: x(at), y1: 70, y2: 98 }));
    if (found.length) parts.push(svg("circle", { class: kind, cx: x(at), cy: 98, r: 4 }));
    for (const time of found) {
      parts.push(svg("line", { class: "wait", x1: x(time), x2: x(at), y1: 30, y2: 70 }));
    }
  }
  for (const time of times) {
    parts.push(svg("circle", { class: "message", cx: x(time), cy: 30, r: 5 }));
  }
  parts.push(svg("text", { x: left, y: 14 }, "● messages"));
  parts.push(svg("text", { x: left, y: 120 }, "polls: ┃ with a message, │ without"));
  const words =
    `Half a minute of one page: ${plural(asked.length, "poll")}, ${empty} of them without ` +
    `a message; ${plural(times.length, "message")}.`;
  return [
    svg("svg", { viewBox: `0 0 ${width} 126`, role: "img", "aria-label": words }, parts),
    element("p", { class: "lab-caption" }, words),
  ];
}
