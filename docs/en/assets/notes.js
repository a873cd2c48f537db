/* The speaker notes in a window of their own, beside the slides of a lesson.
 *
 * The window that shows the slides has opened this one, tells it which screen it shows,
 * and gets the keys that are pressed here. From disk each page has an origin of its own,
 * so the two share nothing but these messages. project.js loads this script.
 */
(() => {
  "use strict";

  const SECOND = 1000; // milliseconds
  const LETTERS = new Set(["b", ".", "f", " "]);
  const NAMED = /^(Arrow(Right|Left|Up|Down)|Page(Up|Down)|Home|End|Enter|Backspace)$/;

  const all = [...document.querySelectorAll(".speaker-note")];
  const origin = location.protocol === "file:" ? "null" : location.origin;
  const slides = window.opener;
  let shown = ""; // the last message, as text
  let deck = null;
  let planned = [0, 0]; // minutes until the end of this note, and of the lesson
  let since = null; // when the clock began

  const place = {};
  draw();
  addEventListener("message", listen);
  addEventListener("keydown", press);
  setInterval(tick, SECOND);
  tick();

  function draw() {
    const make = (tag, name, text = "") => {
      const element = document.createElement(tag);
      element.className = name;
      element.textContent = text;
      place[name] = element;
      return element;
    };
    const button = (text, label, action) => {
      const element = make("button", "step", text);
      element.type = "button";
      element.setAttribute("aria-label", label);
      element.addEventListener("click", action);
      return element;
    };
    const main = make("main", "following-notes md-typeset");
    const bar = make("div", "bar");
    const again = button("0:00", "Set the clock to zero", () => restart());
    bar.append(
      make("p", "lesson"),
      make("p", "count"),
      button("←", "Screen before", () => send("ArrowLeft", false)),
      button("→", "Next screen", () => send("ArrowRight", false)),
      again,
      make("p", "plan"),
    );
    place.clock = again;
    main.append(
      bar,
      make("h1", "title", "Waiting for the slides"),
      make("p", "next", "Open a lesson, press P, and then N."),
      make("div", "note"),
    );
    document.body.append(main);
    document.body.classList.add("following");
  }

  function listen({ data, source, origin: from }) {
    if (source !== slides || from !== origin || data?.kind !== "slides: screen") return;
    const text = JSON.stringify(data);
    if (text === shown) return;
    shown = text;
    show(data);
  }

  function show(screen) {
    if (screen.deck !== deck) {
      deck = screen.deck;
      since = null;
    }
    if (screen.index > 0) since ??= Date.now();
    place.lesson.textContent = screen.lesson;
    place.count.textContent = `${screen.index + 1} / ${screen.total}`;
    place.title.textContent = screen.title;
    place.next.textContent = screen.next ? `Next: ${screen.next}` : "This is the last screen.";
    const notes = all.filter((one) => one.dataset.deck === deck);
    const at = found(notes, screen.headings);
    planned = [minutes(notes.slice(0, at + 1)), minutes(notes)];
    place.note.replaceChildren(...(at < 0 ? [nothing()] : copyOf(notes[at])));
    tick();
  }

  /* The note of the heading, or else of the section that it is in. */
  function found(notes, headings) {
    for (const heading of headings) {
      const at = notes.findIndex((one) => one.dataset.heading === heading);
      if (at >= 0) return at;
    }
    return -1;
  }

  function minutes(notes) {
    return notes.reduce((sum, one) => sum + Number(one.dataset.minutes), 0);
  }

  function nothing() {
    const text = document.createElement("p");
    text.textContent = "No notes here. Shift+→ goes to the next section.";
    return text;
  }

  function copyOf(note) {
    const copy = note.cloneNode(true);
    for (const gone of copy.querySelectorAll(".headerlink")) gone.remove();
    for (const one of copy.querySelectorAll("[id]")) one.removeAttribute("id");
    return copy.childNodes;
  }

  function restart() {
    since = Date.now();
    tick();
  }

  function tick() {
    slides?.postMessage({ kind: "notes: hello" }, "*");
    const seconds = since === null ? 0 : Math.floor((Date.now() - since) / SECOND);
    place.clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    const [here, end] = planned;
    place.plan.textContent = here ? `planned until here: ${here} of ${end} minutes` : "";
    place.clock.classList.toggle("late", here > 0 && seconds > here * 60);
  }

  function press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const isOurs = NAMED.test(event.key) || LETTERS.has(event.key.toLowerCase());
    const isButton = event.target.matches?.("button") && [" ", "Enter"].includes(event.key);
    if (!isOurs || isButton) return;
    event.preventDefault();
    event.stopPropagation();
    send(event.key, event.shiftKey);
  }

  function send(key, isShifted) {
    slides?.postMessage({ kind: "notes: key", key, isShifted }, "*");
  }
})();
