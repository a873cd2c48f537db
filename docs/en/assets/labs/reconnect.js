/* Lab: a server restarts, and its pages reconnect, with three rules for the pause.
 *
 * The rules are those of connection.js in step 05; a test compares the numbers. Times are
 * in milliseconds. What the lab leaves out is in docs/data/labs/reconnect.md.
 */

import {
  button,
  choice,
  controls,
  digits,
  element,
  plural,
  range,
  status,
  svg,
} from "./parts.js";

export const FIRST_DELAY = 500;
export const LONGEST_DELAY = 30_000;
export const ENDED_DELAY = 3_000; // the least limit after the server has ended
export const HANDSHAKE_TIMEOUT = 8_000;
const EVERY_SECOND = 1_000;
export const SLICE = 100; // of the drawing, and of "the busiest tenth of a second"

/** The pause after so many failures, by the name of its rule. */
export const RULES = {
  fixed: () => EVERY_SECOND,
  backoff: (failures) => limitAfter(failures),
  jitter: (failures, random) => random() * limitAfter(failures),
};

/** The longest pause after so many failures, if the server or its proxy has ended. */
export function limitAfter(failures) {
  const limit = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** failures);
  return Math.max(limit, ENDED_DELAY);
}

/** Return a function that returns numbers from 0 to 1, always the same ones for a seed.
 *
 * The algorithm is mulberry32, by Tommy Ettinger.
 */
export function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Let `pages` pages lose their connection at 0, and try until each is back.
 *
 * The server is down until `down`, and refuses at once. Then it accepts one connection
 * after the other, `perSecond` of them, in the order in which they ask. A page that has
 * waited for HANDSHAKE_TIMEOUT gives up, and counts as a failure.
 */
export function reconnect({ pages, down, perSecond, rule, seed = 1 }) {
  const random = randomFrom(seed);
  const pause = RULES[rule];
  const slices = []; // how many pages ask in each SLICE
  const asking = new Heap(); // once the server is up
  let refused = 0;
  let gaveUp = 0;
  let free = down; // when the server can accept the next one
  const back = []; // when each page is back, in order
  let longestWait = 0;

  for (let page = 0; page < pages; page += 1) {
    let failures = 0;
    let at = pause(failures, random);
    while (at < down) {
      count(at);
      refused += 1;
      failures += 1;
      at += pause(failures, random);
    }
    asking.push({ at, failures });
  }
  while (asking.size) {
    const { at, failures } = asking.pop();
    count(at);
    const accepted = Math.max(at, free) + 1000 / perSecond;
    if (accepted - at > HANDSHAKE_TIMEOUT) {
      gaveUp += 1;
      const next = at + HANDSHAKE_TIMEOUT + pause(failures + 1, random);
      asking.push({ at: next, failures: failures + 1 });
      continue;
    }
    free = accepted;
    longestWait = Math.max(longestWait, accepted - at);
    back.push(accepted);
  }
  const [half, last] = [back[Math.ceil(pages / 2) - 1], back.at(-1)];
  const all = Array.from(slices, (number) => number ?? 0);
  const busiest = Math.max(...all);
  return { slices: all, busiest, refused, gaveUp, half, last, longestWait };

  function count(at) {
    const slice = Math.floor(at / SLICE);
    slices[slice] = (slices[slice] ?? 0) + 1;
  }
}

/** A priority queue: the earliest first. */
class Heap {
  items = [];

  get size() {
    return this.items.length;
  }

  push(item) {
    const { items } = this;
    let place = items.length;
    items.push(item);
    while (place) {
      const above = (place - 1) >> 1;
      if (items[above].at <= item.at) break;
      items[place] = items[above];
      place = above;
    }
    items[place] = item;
  }

  pop() {
    const { items } = this;
    const first = items[0];
    const item = items.pop();
    if (!items.length) return first;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      if (below >= items.length) break;
      if (below + 1 < items.length && items[below + 1].at < items[below].at) below += 1;
      if (items[below].at >= item.at) break;
      items[place] = items[below];
      place = below;
    }
    items[place] = item;
    return first;
  }
}

const NAMES = {
  fixed: "Every second",
  backoff: "Back-off",
  jitter: "Back-off with jitter",
};
const WIDTH = 1000; // units of a drawing
const HEIGHT = 100;

export default function start(place, figures) {
  const perSecond = figures.connects_per_s;
  let seed = 1;
  let hasRun = false;
  const pages = choice({
    label: "Pages",
    options: [100, 1_000, 5_000, 20_000].map((many) => [String(many), counted(many)]),
    value: "1000",
    change: update,
  });
  const down = range({
    label: "Seconds until the server is up again",
    min: 0,
    max: 60,
    value: 5,
    change: update,
  });
  const run = button("Restart the server", () => {
    hasRun = true;
    show(said.now);
  });
  const again = button("Other random pauses", () => {
    seed += 1;
    show(said.now);
  });
  again.hidden = true;
  const said = status();
  const charts = element("div", { class: "reconnect-charts" });
  const table = element("table", { class: "reconnect-table" });
  const results = element("div", { hidden: true }, charts, table);
  place.append(controls(pages.box, down.box, run, again), said.box, results);
  said.now("The server runs, and all pages are connected.");

  function update() {
    if (hasRun) show(said.say);
  }

  function show(say) {
    const many = Number(pages.value);
    const settings = { pages: many, down: down.value * 1000, perSecond, seed };
    const found = Object.keys(RULES).map((rule) => ({
      rule,
      ...reconnect({ ...settings, rule }),
    }));
    results.hidden = again.hidden = false;
    drawAll(charts, found, settings);
    fill(table, found, settings);
    say(inWords(found, settings));
  }
}

function drawAll(charts, found, { down }) {
  const end = SLICE * Math.max(...found.map(({ slices }) => slices.length), 1);
  const shaded = (down / end) * WIDTH;
  const highest = Math.max(...found.map(({ busiest }) => busiest));
  charts.replaceChildren(
    element("p", {}, "How many pages try to connect, in each tenth of a second:"),
    ...found.map(({ rule, slices }) => {
      const bars = slices
        .map((many, slice) => {
          const x = (((slice + 0.5) * SLICE) / end) * WIDTH;
          const high = Math.max(1, (many / highest) * HEIGHT);
          return many && `M${x.toFixed(1)} ${HEIGHT}v${-high}`;
        })
        .filter(Boolean);
      const box = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none" };
      const drawing = svg(
        "svg",
        { ...box, "aria-hidden": "true" },
        svg("rect", { class: "reconnect-down", width: shaded, height: HEIGHT }),
        svg("path", { class: "reconnect-bars", d: bars.join("") }),
      );
      const caption = element("figcaption", {}, NAMES[rule]);
      return element("figure", {}, caption, drawing);
    }),
    element(
      "p",
      { class: "reconnect-axis", "aria-hidden": "true" },
      element("span", {}, "0 s"),
      element("span", {}, down ? "shaded: the server is down" : ""),
      element("span", {}, `${digits(end / 1000, 3)} s`),
    ),
  );
}

function fill(table, found, { down, perSecond }) {
  const heads = found.map(({ rule }) => element("th", { scope: "col" }, NAMES[rule]));
  const rows = [
    ["Most in a tenth of a second", ({ busiest }) => counted(busiest)],
    ["Refused while it was down", ({ refused }) => counted(refused)],
    ["Gave up waiting", ({ gaveUp }) => counted(gaveUp)],
    ["Longest wait for an answer", ({ longestWait }) => seconds(longestWait)],
    ["Half are back after", ({ half }) => seconds(half - down)],
    ["All are back after", ({ last }) => seconds(last - down)],
  ];
  const accepted = digits((perSecond * SLICE) / 1000, 2);
  table.replaceChildren(
    element(
      "caption",
      {},
      `The server accepts ${accepted} in a tenth of a second.`,
      " The last two rows count from the moment when it's up.",
    ),
    element("thead", {}, element("tr", {}, element("td"), heads)),
    element(
      "tbody",
      {},
      rows.map(([name, of]) => {
        const cells = found.map((one) => element("td", {}, of(one)));
        return element("tr", {}, element("th", { scope: "row" }, name), cells);
      }),
    ),
  );
}

/** Say how the three rules differ. */
export function inWords(found, { pages, down }) {
  const of = (rule) => found.find((one) => one.rule === rule);
  const parts = ["fixed", "backoff", "jitter"].map((rule) => {
    const { busiest, last } = of(rule);
    const words = `${counted(busiest)} in the busiest tenth of a second`;
    return `${NAMES[rule]}: ${words}, all back after ${seconds(last - down)}.`;
  });
  return `${plural(pages, "page")}. ${parts.join(" ")}`;
}

function seconds(milliseconds) {
  if (milliseconds < SLICE / 10) return "under 0.01 s";
  return `${digits(milliseconds / 1000, 2)} s`;
}

function counted(number) {
  return number.toLocaleString("en-GB");
}
