// The instructor's second window: what to say, a clock, and the votes. It follows the
// projector to the next screen, and its keys drive the projector too.

import { keepOpen } from "../phone/socket.js";
import { SHOW_KEYS } from "./keys.js";

const { name, minutes } = document.querySelector("header").dataset;
const find = (id) => document.getElementById(id);

let since; // when the projector began to show this screen
let question;
let isFirst = true;

const socket = keepOpen("/ws/screen/", {
  event: receive,
  close: () => (find("phase").textContent = "Disconnected. Is the class still running?"),
});

function receive(event) {
  if (event.kind === "show") follow(event);
  if (event.kind === "list") elsewhere("The projector shows the list of screens.");
  if (event.kind === "votes" && event.question === question) showVotes(event.counts);
  if (event.kind === "ended") showOutcome(event);
  if (event.kind === "problem") find("phase").textContent = event.text;
}

function follow(event) {
  if (event.name !== name) {
    // Notes that were opened for another screen stay; later, they go with the projector.
    if (isFirst) elsewhere("The projector shows another screen.");
    else location.replace(`/notes/${event.name}/`);
    return;
  }
  isFirst = false;
  since ??= Date.now();
  question = event.question;
  find("phase").textContent = `Projector: ${event.phase}`;
  showVotes(event.counts);
  if (event.phase === "run") showOutcome(event);
}

function elsewhere(text) {
  find("phase").textContent = text;
  isFirst = false;
  since = undefined;
}

function showOutcome({ running, trouble }) {
  const how = trouble ? `it stopped: ${trouble}` : running ? "running" : "done";
  find("phase").textContent = `Projector: run, ${how}`;
}

function showVotes(counts) {
  document.querySelectorAll("#choices .votes").forEach((votes, index) => {
    votes.textContent = `(${counts[index] ?? 0})`;
  });
}

function tick() {
  const now = new Date();
  find("clock").textContent = now.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  if (since === undefined) return;
  const spent = Math.floor((now - since) / 1000);
  const shown = `${Math.floor(spent / 60)}:${String(spent % 60).padStart(2, "0")}`;
  find("spent").textContent = `${shown} of ${minutes} minutes`;
  find("spent").classList.toggle("over", spent > minutes * 60);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  if (!SHOW_KEYS[event.key] || event.target.closest?.("a, button")) return;
  event.preventDefault();
  socket.send({ do: SHOW_KEYS[event.key] });
});

setInterval(tick, 1000);
tick();
