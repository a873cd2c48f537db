// The projector's page: it shows what the server says, and passes the keys on.
//
// The server sends the whole state ("show" or "list") when the page opens and with each
// new phase, and in between what a run draws. Drawing the same thing again replaces it.

import { keepOpen } from "../phone/socket.js";
import { clear, draw } from "./board.js";
import { SHOW_KEYS } from "./keys.js";

const KEYS = { ...SHOW_KEYS, Escape: "list", l: "list", L: "list" };
const find = (id) => document.getElementById(id);
const main = document.querySelector("main");

let state = {};
let isFirst = true;

const socket = keepOpen("/ws/screen/", {
  event: receive,
  close: () => (find("place").textContent = "Disconnected"),
});

/** Do what the server says. Also for tests. */
export function receive(event) {
  if (event.kind === "show" || event.kind === "list") showAll(event);
  else if (event.kind === "draw") draw(event);
  else if (event.kind === "ended") showOutcome(event);
  else if (event.kind === "votes") showVotes(event);
  else if (event.kind === "go") location.assign(`/screen/${event.name}/`);
  else if (event.kind === "problem") showTrouble(event.text);
}

function command(word, data = {}) {
  socket.send({ do: word, ...data });
}

// ---- The whole state

function showAll(event) {
  const wanted = main.dataset.name;
  // Somebody has opened this screen by its address. A socket that reconnects has not.
  if (isFirst && event.name !== wanted) command("show", { name: wanted });
  isFirst = false;
  state = event;
  const phase = event.kind === "list" ? "list" : event.phase;
  main.dataset.phase = phase;
  main.dataset.screen = event.name ?? "";
  for (const section of main.querySelectorAll("section")) section.hidden = section.id !== phase;
  for (const button of document.querySelectorAll("footer [data-do]")) {
    button.hidden = phase === "list";
  }
  if (phase === "list") {
    showList(event.screens);
    return;
  }
  history.replaceState(null, "", `/screen/${event.name}/`);
  find("title").textContent = event.title || (phase === "predict" ? "What do you think?" : "");
  find("place").textContent = `${event.number} of ${event.of}`;
  find("question").textContent = event.question;
  find("scene").textContent = event.scene;
  find("sentence").textContent = event.keep;
  find("address").textContent = event.address.replace("http://", "").replace(/\/$/, "");
  main.toggleAttribute("data-counted", false);
  clear();
  find("status").textContent = "";
  event.events.forEach(draw);
  showVotes(event);
  showOutcome(event);
}

function showList(screens) {
  find("title").textContent = "The screens";
  find("place").textContent = "Press a number";
  find("screens").replaceChildren(
    ...screens.map(({ name, minutes }) => {
      const button = part("button", "", name);
      button.type = "button";
      button.append(part("small", "", `${minutes} minutes`));
      button.addEventListener("click", () => command("show", { name }));
      const item = document.createElement("li");
      item.append(button);
      return item;
    }),
  );
}

// ---- The vote

function showVotes({ question, counts }) {
  if (question !== state.question || !counts) return;
  const total = counts.reduce((sum, count) => sum + count, 0);
  find("total").textContent = total;
  find("total-label").textContent = total === 1 ? "vote" : "votes";
  find("choices").replaceChildren(
    ...state.choices.map((text, index) => {
      const choice = part("li", "", text);
      choice.append(part("strong", "count", counts[index] ?? 0));
      return choice;
    }),
  );
  const most = Math.max(1, ...counts);
  find("answers").replaceChildren(
    ...state.choices.map((text, index) => {
      const isRight = index + 1 === state.right;
      const item = part("li", isRight ? "right" : "", "");
      item.append(part("span", "text", isRight ? `${text} ✓` : text));
      const bar = part("span", "bar", "");
      bar.style.width = `${(100 * (counts[index] ?? 0)) / most}%`;
      const votes = part("span", "votes", counts[index] ?? 0);
      votes.append(part("span", "unseen", " votes"));
      item.append(bar, votes);
      return item;
    }),
  );
}

// ---- How a run ends

function showOutcome({ running, trouble, figures }) {
  main.dataset.running = running;
  find("trouble").hidden = true;
  if (trouble) showTrouble(trouble);
  const list = figures.length
    ? figures.map(({ value, label }) => {
        const figure = document.createElement("div");
        figure.append(part("dt", "", label), part("dd", "", value));
        return figure;
      })
    : [noFigures()];
  find("figures").replaceChildren(...list);
}

function noFigures() {
  const figure = part("div", "none", "");
  const advice = "There are no figures of this run. R runs it again. Plan B:";
  figure.append(part("dt", "", advice), part("dd", "", state.plan_b));
  return figure;
}

function showTrouble(text) {
  const box = find("trouble");
  box.replaceChildren(
    part("p", "what", text),
    part("p", "", "R runs it again. B opens the lesson, with its recorded output."),
    part("p", "", `Plan B: ${state.plan_b ?? "go on to the next screen."}`),
  );
  box.hidden = false;
}

// ---- The keys

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  const onButton = event.target.closest?.("button");
  if (onButton && event.key === " ") return; // the button's own key
  const key = event.key.toLowerCase();
  if (key === "v") {
    // Not from the start: a class votes with the majority that it sees.
    main.toggleAttribute("data-counted");
  } else if (key === "b" && state.lesson) {
    window.open(state.lesson, "class-lesson");
  } else if (key === "f") {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen();
  } else if (main.dataset.phase === "list") {
    find("screens").querySelectorAll("button")[Number(event.key) - 1]?.click();
  } else if (KEYS[event.key]) {
    event.preventDefault();
    command(KEYS[event.key]);
  }
});

for (const button of document.querySelectorAll("footer [data-do]")) {
  button.addEventListener("click", () => command(button.dataset.do));
}

function part(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}
