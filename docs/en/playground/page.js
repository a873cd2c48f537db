/* The playground's page before it starts: why it can't, or a button, and the download. */

import { button, element } from "./dom.js";
import { Host, whyNot } from "./host.js";

const MEGABYTE = 1_000_000;

const place = document.querySelector("#playground");
const host = new Host(new URL("./", import.meta.url).href);
const status = element("div", { id: "play-start-status", role: "status" });

offer();

async function offer() {
  const why = whyNot();
  if (why) return refuse(why);
  let list;
  try {
    list = await host.source.manifest();
  } catch {
    return refuse("The playground can’t be reached: check your connection, then reload this page.");
  }
  if (!list) return refuse("This copy of the site comes without the playground. Run ", command("python3 -m course playground"), ", then ", command("python3 -m course run"), ": the copy that this opens has it.");
  const size = megabytes(host.size);
  const start = button("Start", () => load(start), { id: "play-start", class: "md-button md-button--primary" });
  place.replaceChildren(
    element("p", { class: "play-offer" }, start, element("span", {}, `${size} MB, once: your browser keeps it.`)),
    ...wanted(),
    status,
  );
}

function refuse(...sentence) {
  place.replaceChildren(element("p", { id: "play-refused", class: "play-refused" }, ...sentence));
}

/** Say what a link from a lesson has chosen. */
function wanted() {
  const query = new URLSearchParams(location.search);
  if (location.hash.startsWith("#try=")) return [element("p", {}, "This link contains somebody’s change to the code. Press Start to see it: nothing of it runs until you agree.")];
  for (const [kind, words] of [["exercise", "the exercise"], ["break", "the mistake"], ["project", "the project"]]) {
    if (query.has(kind)) return [element("p", {}, `It will open ${words} `, element("code", {}, query.get(kind)), ".")];
  }
  return [];
}

async function load(start) {
  start.disabled = true;
  const bar = element("progress", { max: 1, value: 0, "aria-labelledby": "play-progress-text" });
  const text = element("span", { id: "play-progress-text" }, "Starting the download …");
  status.replaceChildren(element("p", { class: "play-progress" }, bar, text));
  try {
    const loading = host.load(
      (bytes, of) => {
        bar.max = of;
        bar.value = bytes;
        text.textContent = `${megabytes(Math.min(bytes, of))} of ${megabytes(of)} MB`;
      },
      (step) => {
        bar.removeAttribute("value");
        text.textContent = step;
      },
    );
    const [content, { Play }] = await Promise.all([fetched("content.json"), import("./play.js"), loading]);
    const editor = await import(`${host.source.folder}${host.source.list.files["editor.js"].path}`);
    await new Play(host, editor, content, place).begin();
  } catch (error) {
    console.error(error);
    status.replaceChildren(
      element("p", { id: "play-trouble", class: "play-refused" }, sentenceOf(error)),
      button("Try again", () => load(start), { id: "play-retry", class: "md-button" }),
    );
  }
}

async function fetched(name) {
  const answer = await fetch(new URL(name, host.base), { cache: "no-cache" });
  if (!answer.ok) throw Object.assign(new Error(name), { status: answer.status });
  return answer.json();
}

/** What a reader can do about an error. */
function sentenceOf(error) {
  if (error.says) return error.says;
  const text = `${error.name}: ${error.message}`;
  if (error.status) return `A file is missing on this site (${error.message}, status ${error.status}). It may have been updated a moment ago: reload the page.`;
  if (!navigator.onLine || /failed to fetch|networkerror|load failed|network error|dynamically imported/i.test(text)) {
    return "The download stopped. Check your connection, then try again: what has arrived is kept.";
  }
  if (/memory|allocation|RangeError/i.test(text)) return "This device has too little free memory for it. Close other tabs, then try again.";
  if (/quota/i.test(text)) return "Your browser’s storage is full. Free some space, then try again.";
  return `Python didn’t start. Reload the page; if this stays, try another browser. The browser’s words: ${text.split("\n")[0]}`;
}

function command(text) {
  return element("code", {}, text);
}

function megabytes(bytes) {
  return (bytes / MEGABYTE).toFixed(1);
}
