/* Lab: a burst of events, and the queue of one process in a channel layer.
 *
 * The rules are those of channels_redis' RedisChannelLayer, and of a process that is
 * waiting for its queue when the burst begins, as in lesson 04:
 * - An event goes into the queue if that holds fewer than `capacity`. Else it is dropped,
 *   and `group_send` raises nothing.
 * - The process takes one event at a time, the oldest, and then needs some time for it.
 * What it leaves out is in docs/data/labs/layer.md.
 */

import { button, choice, controls, element, play, range, status, svg } from "./parts.js";

export const DEFAULT_CAPACITY = 100; // of RedisChannelLayer
export const CAPACITY_05 = 1000; // in config/settings.py of step 05
export const MOST = 300; // events in a burst
const TEN = 10; // the reader's pace counts in events for each ten that are sent

/** Send `sent` events to one queue, while the process reads `reads` for each ten.
 *
 * `fates` says of each event, in order, what has become of it at the end of the burst:
 * "read", "waiting" or "dropped". What waits is read later, so it arrives. `other` is the
 * fate of one more event, for another room of the same process, right after the burst.
 */
export function burst({ sent, capacity, reads }) {
  const fates = [];
  const queue = []; // numbers of events, from 0
  let busy = 0; // the time that the process still needs; an event takes TEN
  for (let number = 0; number < sent; number += 1) {
    fates.push(queue.length < capacity ? "waiting" : "dropped");
    if (fates[number] === "waiting") queue.push(number);
    let time = reads;
    while (queue.length && busy <= time) {
      time -= busy;
      fates[queue.shift()] = "read";
      busy = TEN;
    }
    busy = Math.max(0, busy - time);
  }
  const count = (fate) => fates.filter((one) => one === fate).length;
  return {
    fates,
    waiting: count("waiting"),
    dropped: count("dropped"),
    arrive: sent - count("dropped"),
    other: queue.length < capacity ? "arrives" : "dropped",
  };
}

/** Write the numbers of the dropped events, from 1: "102 to 150", or the first of them. */
export function droppedNumbers(fates) {
  const spans = [];
  fates.forEach((fate, index) => {
    if (fate !== "dropped") return;
    const last = spans.at(-1);
    if (last?.end === index) last.end = index + 1;
    else spans.push({ start: index + 1, end: index + 1 });
  });
  const named = spans.slice(0, 3).map(({ start, end }) => {
    return start === end ? `${start}` : `${start} to ${end}`;
  });
  const rest = spans.slice(3).reduce((sum, { start, end }) => sum + end - start + 1, 0);
  if (rest) named.push(`${rest} more`);
  const last = named.pop();
  return named.length ? `${named.join(", ")} and ${last}` : (last ?? "none");
}

const PER_ROW = 25;
const CELL = 10; // units of the drawing
// The mark of an event in its cell, from the middle.
const MARKS = {
  read: "m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0",
  waiting: "m-3 -3h6v6h-6z",
  dropped: "m-3 -3l6 6m0 -6l-6 6",
};
const MEANINGS = [
  ["read", "read during the burst"],
  ["waiting", "waits in the queue, and is read later"],
  ["dropped", "dropped"],
];

export default function start(place) {
  let stop = () => {}; // what moves
  let hasSent = false;
  const sent = range({
    label: "Events in the burst",
    min: 1,
    max: MOST,
    value: 150,
    change: update,
  });
  const capacity = choice({
    label: "Places in the queue (capacity)",
    options: [
      ["50", "50"],
      [String(DEFAULT_CAPACITY), `${DEFAULT_CAPACITY}, the default`],
      ["200", "200"],
      [String(CAPACITY_05), "1,000, as in step 05"],
    ],
    value: String(DEFAULT_CAPACITY),
    change: update,
  });
  const reads = range({
    label: "Events read while ten are sent",
    min: 0,
    max: TEN,
    value: 0,
    written: (value) => (value ? String(value) : "0 (busy)"),
    change: update,
  });
  const send = button("Send the burst", run);
  const paths = Object.fromEntries(
    Object.keys(MARKS).map((fate) => [fate, svg("path", { class: `layer-${fate}` })]),
  );
  const size = `0 0 ${PER_ROW * CELL} ${(MOST / PER_ROW) * CELL}`;
  const drawing = svg(
    "svg",
    { viewBox: size, class: "layer-events", "aria-hidden": "true" },
    Object.values(paths),
  );
  const legend = element(
    "ul",
    { class: "lab-legend" },
    MEANINGS.map(([fate, words]) => element("li", {}, mark(fate), words)),
  );
  const said = status();
  place.append(
    controls(sent.box, capacity.box, reads.box, send),
    said.box,
    legend,
    drawing,
  );
  said.now("Nothing is sent yet.");

  function result() {
    return burst({
      sent: sent.value,
      capacity: Number(capacity.value),
      reads: reads.value,
    });
  }

  function run() {
    stop();
    hasSent = true;
    const found = result();
    const { fates } = found;
    // What waits at the end may wait or have been read on the way: that is drawn last.
    stop = play(
      1.5,
      (seconds) => draw(fates.slice(0, Math.round((fates.length * seconds) / 1.5))),
      () => draw(fates),
    );
    said.now(inWords(found));
  }

  function update() {
    if (!hasSent) return;
    stop();
    const found = result();
    draw(found.fates);
    said.say(inWords(found));
  }

  function draw(fates) {
    const drawn = { read: "", waiting: "", dropped: "" };
    fates.forEach((fate, index) => {
      const x = ((index % PER_ROW) + 0.5) * CELL;
      const y = (Math.floor(index / PER_ROW) + 0.5) * CELL;
      drawn[fate] += `M${x} ${y}${MARKS[fate]}`;
    });
    for (const [fate, path] of Object.entries(paths)) path.setAttribute("d", drawn[fate]);
  }

  function mark(fate) {
    const path = svg("path", { class: `layer-${fate}`, d: `M5 5${MARKS[fate]}` });
    return svg("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" }, path);
  }
}

/** Say what has become of a burst. */
export function inWords({ fates, arrive, dropped, other }) {
  const words = [
    `Sent: ${fates.length}.`,
    `Arrive: ${arrive}.`,
    `Dropped: ${dropped}${dropped ? ` (${droppedNumbers(fates)}), without an error` : ""}.`,
    other === "dropped"
      ? "An event for another room, right after them: dropped, because the queue is full."
      : "An event for another room, right after them: arrives.",
  ];
  return words.join(" ");
}
