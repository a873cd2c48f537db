/* The projection view of a page: one idea on each screen.
 *
 * Everything is made from the page itself: its texts, drawings, code with numbered
 * notes, outputs, pictures and predictions. A screen is drawn on 1280 by 720 pixels and
 * enlarged to the window, so what fits here fits everywhere, and no letter has less than
 * 28 of those pixels. What doesn't fit goes to a further screen.
 *
 * project.js loads this script when somebody asks for the view.
 */
(() => {
  "use strict";

  const WIDTH = 1280;
  const HEIGHT = 720;
  const SIZES = [44, 40, 36, 32, 28]; // pixels; the last one is the smallest allowed
  const SMALLEST = SIZES.at(-1);
  const SWIPE = 50; // pixels
  const PREVIEW = 70; // characters
  const FAR = 8; // lines from the beginning of a listing to its first note
  const FEW = 4; // lines that are worth a screen
  const START = "start"; // what the notes call the screens above the first heading

  const FACTS = new Set(["The question", "What carries a message"]);

  // The section after the run: the predictions that a class makes before it are answered
  // when everybody has seen what happens.
  const ANSWERED_BEFORE = "the-idea";

  // Sections that are for a reader and not for a class.
  const LEFT_OUT = new Set([
    "exercises",
    "questions",
    "quiz",
    "the-whole-files",
    "what-can-go-wrong",
    "names",
    "reading-order",
    "the-chapters",
    "see-the-events-yourself",
    "rolling-restart",
  ]);
  const NOT_SHOWN = [
    ".hurry",
    ".verified",
    ":has(> .recorded)",
    ".words",
    ".project-place",
    ".exercise",
    ".quiz",
    ".lab", // to be moved by hand, in the page itself
    "details.example",
    "details.tip",
    "details.note",
    "details.failure",
    "[hidden]",
    "hr",
    "script",
  ].join();

  const article = document.querySelector("article");
  const lessons = "/lessons/";
  const path = location.pathname;
  const deck = path.slice(path.indexOf(lessons) + lessons.length).replace(/\.html$/, "");
  const notesPage = new URL("../teaching/speaker-notes.html?follow", document.currentScript.src);

  let stage = null;
  let screens = [];
  let current = 0;
  let notes = null; // the window with the speaker notes

  globalThis.projectPage = enter;
  addEventListener("message", listen);

  // ---- In and out ----

  function enter() {
    const place = stage ? null : remembered();
    const inSight = headingsInSight();
    const isNew = !stage;
    if (isNew) build();
    const wanted = isNew && location.hash ? [headingOf(location.hash)] : inSight;
    const heading = wanted.findLast((id) => screens.some((one) => one.heading === id));
    document.body.classList.add("projecting");
    address("?project");
    scale();
    show(place ?? firstOf(heading));
  }

  function leave() {
    const { heading } = screens[current];
    document.body.classList.remove("projecting", "blank");
    forget();
    address(location.pathname.split("/").at(-1));
    document.getElementById(heading)?.scrollIntoView();
  }

  /* From disk, a browser refuses to change the address. The view works without. */
  function address(search) {
    try {
      history.replaceState(history.state, "", search + location.hash);
    } catch {
      // The address stays.
    }
  }

  function remembered() {
    return history.state?.screen ?? null;
  }

  function remember() {
    try {
      history.replaceState({ screen: current }, "");
    } catch {
      // A reload then begins with the first screen.
    }
  }

  function forget() {
    try {
      history.replaceState(null, "");
    } catch {
      // Nothing was remembered.
    }
  }

  function headingOf(hash) {
    return decodeURIComponent(hash.slice(1));
  }

  /* The headings above the middle of the window; none at the top of the page. */
  function headingsInSight() {
    if (scrollY < innerHeight / 2) return [];
    return [...article.querySelectorAll("h2[id], h3[id]")]
      .filter((heading) => heading.getBoundingClientRect().top < innerHeight / 2)
      .map((heading) => heading.id);
  }

  function firstOf(heading) {
    return Math.max(0, screens.findIndex((one) => one.heading === heading));
  }

  // ---- Moving ----

  function show(index) {
    current = Math.min(Math.max(index, 0), screens.length - 1);
    screens.forEach(({ element }, at) => element.classList.toggle("now", at === current));
    screens[current].element.focus({ preventScroll: true });
    document.body.classList.remove("blank");
    remember();
    tell();
  }

  function step(by) {
    if (document.body.classList.contains("blank")) show(current);
    else show(current + by);
  }

  /* The first screen of the next heading, or of this one or the one before. */
  function section(by) {
    const key = (at) => screens[at]?.heading;
    let at = current;
    if (by > 0) {
      while (at < screens.length - 1 && key(at) === key(current)) at += 1;
    } else {
      at = Math.max(0, at - 1);
      while (at > 0 && key(at - 1) === key(at)) at -= 1;
    }
    show(at);
  }

  const KEYS = {
    ArrowRight: () => step(1),
    ArrowDown: () => step(1),
    PageDown: () => step(1),
    " ": () => step(1),
    Enter: () => step(1),
    ArrowLeft: () => step(-1),
    ArrowUp: () => step(-1),
    PageUp: () => step(-1),
    Backspace: () => step(-1),
    Home: () => show(0),
    End: () => show(screens.length - 1),
    Escape: leave,
    b: () => document.body.classList.toggle("blank"),
    ".": () => document.body.classList.toggle("blank"),
    f: fullScreen,
    n: openNotes,
  };

  function press(key, isShifted) {
    const name = key.length === 1 ? key.toLowerCase() : key;
    if (isShifted && name === "ArrowRight") section(1);
    else if (isShifted && name === "ArrowLeft") section(-1);
    else if (isShifted && name === " ") step(-1);
    else if (KEYS[name]) KEYS[name]();
    else return false;
    return true;
  }

  /* The theme has keys of its own, for its search and for the pages before and after. */
  function keydown(event) {
    if (!document.body.classList.contains("projecting")) return;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (press(event.key, event.shiftKey)) event.preventDefault();
    if (event.key.length === 1 || event.defaultPrevented) event.stopPropagation();
  }

  function fullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen?.();
  }

  function scale() {
    const factor = Math.min(innerWidth / WIDTH, innerHeight / HEIGHT);
    const left = (innerWidth - WIDTH * factor) / 2;
    const top = (innerHeight - HEIGHT * factor) / 2;
    stage.style.transform = `translate(${left}px, ${top}px) scale(${factor})`;
  }

  function listenToTouch() {
    let from = null;
    stage.parentNode.addEventListener(
      "touchstart",
      (event) => (from = event.touches.length === 1 ? event.touches[0] : null),
      { passive: true },
    );
    stage.parentNode.addEventListener("touchend", (event) => {
      if (!from) return;
      const by = event.changedTouches[0].clientX - from.clientX;
      if (Math.abs(by) > SWIPE) step(by < 0 ? 1 : -1);
      from = null;
    });
  }

  /* Paper is white. */
  function listenToPrinter() {
    const scheme = "data-md-color-scheme";
    let before = null;
    addEventListener("beforeprint", () => {
      before = document.body.getAttribute(scheme);
      if (document.body.classList.contains("projecting")) {
        document.body.setAttribute(scheme, "default");
      }
    });
    addEventListener("afterprint", () => document.body.setAttribute(scheme, before));
  }

  // ---- The window with the notes ----

  function openNotes() {
    notes = open(notesPage, "speaker-notes", "popup,width=900,height=700");
    // When it has loaded, it asks for the screen.
  }

  /* The window with the notes asks for the screen when it has loaded, and then again and
   * again: it finds the slides again after they were loaded anew. */
  function listen({ data, source, origin }) {
    if (origin !== (location.protocol === "file:" ? "null" : location.origin)) return;
    if (data?.kind === "notes: hello") {
      notes = source;
      if (stage) tell();
    } else if (data?.kind === "notes: key" && stage && source === notes) {
      if (document.body.classList.contains("projecting")) press(data.key, data.isShifted);
    }
  }

  /* The title of a screen, and how it begins. */
  function preview({ title, element, body }) {
    if (element.matches(".drawing")) return `${title}: a drawing`;
    if (element.matches(".picture")) return `${title}: a screenshot`;
    if (element.matches(".answer")) return `${title}: the answer`;
    const words = body.textContent.trim().replaceAll(/\s+/g, " ");
    return `${title}: ${words.length > PREVIEW ? `${words.slice(0, PREVIEW)}…` : words}`;
  }

  function tell() {
    if (!notes || notes.closed) return;
    const { heading, section, title } = screens[current];
    notes.postMessage(
      {
        kind: "slides: screen",
        deck,
        headings: [heading, section],
        title,
        next: current + 1 < screens.length ? preview(screens[current + 1]) : "",
        index: current,
        total: screens.length,
        lesson: screens[0].title,
      },
      "*",
    );
  }

  // ---- The screens ----

  function build() {
    const projection = make("main", "projection md-typeset");
    stage = make("div", "stage");
    projection.append(stage);
    document.body.append(projection, make("div", "curtain"));
    // Wide enough to measure, whatever the window is.
    document.body.classList.add("projecting");
    new Maker().read();
    document.body.classList.remove("projecting");
    screens.forEach(({ element, counter }, at) => {
      counter.textContent = `${at + 1} / ${screens.length}`;
      element.setAttribute("aria-label", `Screen ${at + 1} of ${screens.length}`);
      prefixIds(element, `screen-${at + 1}-`);
    });
    addEventListener("keydown", keydown, { capture: true });
    addEventListener("resize", scale);
    listenToTouch();
    listenToPrinter();
  }

  function make(tag, className, ...content) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.append(...content);
    return element;
  }

  /* Reads the article from top to bottom, and makes screens of it. */
  class Maker {
    constructor() {
      this.section = START;
      this.heading = START;
      this.title = "";
      this.texts = []; // pieces that wait for a screen
      this.predictions = []; // that are answered after the run
    }

    read() {
      this.readTitle();
      for (const block of article.children) this.take(block);
      this.flush();
    }

    /* The title, its question, and the keys for who comes here by chance. */
    readTitle() {
      const heading = clean(article.querySelector("h1"));
      this.title = heading.textContent;
      const screen = this.add("opening");
      screen.head.remove();
      const title = make("h1", "", ...heading.childNodes);
      screen.body.append(title);
      const facts = [...article.querySelectorAll(".lesson-head dt")];
      for (const fact of facts.filter((dt) => FACTS.has(dt.textContent))) {
        const answer = clean(fact.nextElementSibling);
        screen.body.append(make("p", "fact", ...answer.childNodes));
      }
      const keys = make("p", "keys", "→ next · Shift+→ next section · N notes · B blank · Esc leave");
      screen.body.append(keys);
      screen.element.append(screen.counter);
      for (const size of [64, 56, 48, 40]) {
        title.style.fontSize = `${size}px`;
        if (fits(screen)) break;
      }
    }

    take(block) {
      if (block.matches("h1, .lesson-head")) return;
      if (block.matches("h2, h3")) this.takeHeading(block);
      else if (LEFT_OUT.has(this.section) || block.matches(NOT_SHOWN)) return;
      else if (block.matches("details")) this.takeAnswer(block);
      else if (block.matches(".predict")) this.takePrediction(block);
      else if (block.matches(".diagram, .plotted")) this.takeDrawing(block);
      else if (block.matches(".highlight")) this.takeCode(block);
      else if (block.matches(".tabbed-set")) this.texts.push({ node: systemsOf(block) });
      else if (block.querySelector("img")) this.takePicture(block);
      else if (block.matches(".bars")) this.takeWhole(block);
      else if (block.matches("table") || block.querySelector(":scope table")) this.takeTable(block);
      else if (isNotesOfCode(block) || isPointer(block)) return;
      else if (clean(block).textContent.trim()) this.texts.push(...pieces(block));
    }

    takeHeading(block) {
      this.flush();
      if (block.id === ANSWERED_BEFORE) this.answerPredictions();
      this.heading = block.id;
      if (block.matches("h2")) this.section = block.id;
      this.title = clean(block).textContent;
    }

    /* A new, empty screen. */
    add(kind = "") {
      const title = make("h2", "", this.title);
      const counter = make("p", "counter", "100 / 100");
      const head = make("header", "", title, counter);
      const body = make("div", "body");
      const element = make("section", `screen ${kind}`, head, body);
      element.tabIndex = -1;
      element.dataset.heading = this.heading;
      stage.append(element);
      const screen = {
        element,
        head,
        body,
        counter,
        title: this.title,
        heading: this.heading,
        section: this.section,
      };
      screens.push(screen);
      return screen;
    }

    /* Put the texts that wait on as many screens as they need. */
    flush() {
      const texts = this.texts;
      this.texts = [];
      this.flow(texts, 36);
    }

    flow(texts, size, prepare = () => {}) {
      let screen = null;
      while (texts.length > 0) {
        screen = this.add("text");
        prepare(screen);
        const count = this.fill(screen, texts, this.sizeFor(texts, size));
        texts.splice(0, count);
        enlarge(screen);
      }
    }

    /* Append pieces while they fit; return how many. */
    fill(screen, texts, size) {
      let count = 0;
      setSize(screen, size);
      for (const [at, piece] of texts.entries()) {
        if (count > Number(leads(texts[0])) && this.isBetterOnTheNext(screen, texts.slice(at), size)) break;
        const undo = append(screen.body, piece);
        if (!fits(screen)) {
          if (count > 0) {
            undo();
            break;
          }
          // Alone on its screen, in smaller letters.
          if (!shrink(screen, size)) {
            screen.element.classList.add("cut");
            return 1;
          }
          return 1;
        }
        count += 1;
      }
      // A sentence that announces a list goes with it.
      if (count > 1 && count < texts.length && announces(texts[count - 1])) {
        screen.body.lastElementChild.remove();
        count -= 1;
      }
      return count;
    }

    /* The largest letters with which a list, and what announces it, fit one screen. */
    sizeFor(texts, size) {
      const start = Number(leads(texts[0]));
      const { list } = texts[start] ?? {};
      if (!list) return size;
      const group = texts.filter((one, at) => at < start || one.list === list);
      const smaller = SIZES.filter((one) => one <= size);
      return smaller.find((one) => this.fitsAlone(group, one)) ?? size;
    }

    fitsAlone(group, size) {
      const trial = this.add("text");
      setSize(trial, size);
      for (const piece of group) append(trial.body, piece);
      const isIn = fits(trial);
      trial.element.remove();
      screens.pop();
      return isIn;
    }

    /* A list that would be torn, and fits a screen of its own with what announces it. */
    isBetterOnTheNext(screen, texts, size) {
      const list = texts.find((one) => one.list)?.list;
      const end = texts.findIndex((one, at) => one.list !== list && (at > 0 || one.list));
      const group = end < 0 ? texts : texts.slice(0, end);
      const isStart = texts[0].list ? texts[0].isFirst : leads(texts[0]) && texts[1]?.list;
      if (!isStart) return false;
      const undo = group.map((piece) => append(screen.body, piece));
      const isWhole = fits(screen);
      for (const one of undo.toReversed()) one();
      return !isWhole && this.fitsAlone(group, size);
    }

    /* The sentence that announces what follows, if there is one. */
    announcement() {
      return this.texts.length > 0 && announces(this.texts.at(-1)) ? this.texts.pop() : null;
    }

    /* Something that needs a screen of its own, below the sentence that announces it. */
    takeWhole(block, kind = "whole") {
      const intro = this.announcement();
      this.flush();
      const screen = this.add(kind);
      if (intro) append(screen.body, intro);
      screen.body.append(clean(block));
      if (!enlarge(screen) && intro) {
        screen.body.firstElementChild.remove();
        if (!enlarge(screen)) screen.element.classList.add("cut");
      }
    }

    takeDrawing(block) {
      const intro = this.announcement();
      if (intro) this.texts.push(intro);
      this.flush();
      const screen = this.add("drawing");
      const figure = clean(block);
      figure.querySelector("svg.upright")?.remove();
      screen.body.append(figure);
      drawLarge(screen, figure.querySelector("svg"));
    }

    takePicture(block) {
      const intro = this.announcement();
      this.flush();
      const screen = this.add("picture");
      if (intro) append(screen.body, intro);
      setSize(screen, 28);
      const shown = clean(block);
      for (const picture of shown.querySelectorAll("img")) picture.loading = "eager";
      screen.body.append(shown);
    }

    takeTable(block) {
      const intro = this.announcement();
      this.flush();
      const table = clean(block.matches("table") ? block : block.querySelector("table"));
      const rows = [...table.tBodies[0].rows].map((row) => ({ row, table }));
      if (intro) rows.unshift(intro);
      this.flow(rows, SMALLEST);
    }

    takePrediction(block) {
      this.flush();
      const options = [...block.querySelectorAll(":scope > ol > li")].map((li) => clean(li));
      const right = Number(block.dataset.answer);
      const screen = this.add("question");
      for (const text of block.querySelectorAll(":scope > p:not([role])")) {
        screen.body.append(clean(text));
      }
      screen.body.append(make("ol", "", ...options));
      enlarge(screen);
      const chosen = options[right - 1];
      const prediction = { block, right, chosen, heading: this.heading };
      if (article.querySelector(`#${this.section} ~ #${ANSWERED_BEFORE}`)) {
        this.predictions.push(prediction);
      } else {
        this.answerPrediction(prediction);
      }
    }

    /* Before the run, the answer would spoil it. */
    answerPredictions() {
      for (const prediction of this.predictions) {
        this.heading = prediction.heading;
        this.title = "What you predicted";
        this.answerPrediction(prediction, true);
      }
      this.predictions = [];
    }

    answerPrediction({ block, right, chosen }, isLater = false) {
      this.answer(block.querySelector("details"), (answer) => {
        const asked = [...block.querySelectorAll(":scope > p:not([role])")].map(clean);
        if (isLater) answer.body.append(...asked);
        const text = clean(chosen).childNodes;
        answer.body.append(make("p", "right", `✓ ${right}. `, ...text));
      });
    }

    takeAnswer(block) {
      this.flush();
      this.answer(block);
    }

    /* What a box hides goes behind the next key. */
    answer(box, prepare) {
      const inside = [...box.children].filter((child) => child.nodeName !== "SUMMARY");
      const first = screens.length;
      const outer = this.texts;
      this.texts = [];
      let once = prepare;
      for (const child of inside) {
        if (child.matches("p, ul, ol, dl") && !child.querySelector("img")) {
          if (!isNotesOfCode(child)) this.texts.push(...pieces(child));
        } else {
          if (once) this.flowTexts(once);
          once = null;
          this.take(child);
        }
      }
      this.flowTexts(once);
      this.texts = outer;
      for (const screen of screens.slice(first)) screen.element.classList.add("answer");
    }

    flowTexts(prepare) {
      const texts = this.texts;
      this.texts = [];
      this.flow(texts, 36, prepare ?? undefined);
    }

    /* A listing: as a whole, and then note by note with its line marked. */
    takeCode(block) {
      const list = block.nextElementSibling;
      const notes = isNotesOfCode(list) ? [...list.children].map((li) => clean(li)) : [];
      const intro = this.announcement();
      this.flush();
      const listing = new Listing(block);
      if (notes.length === 0) {
        this.parts(listing, intro);
        return;
      }
      const before = intro?.node;
      notes.forEach((note, at) => {
        let screen = this.addCode(listing);
        const text = make("div", "code-note", make("span", "number", String(at + 1)));
        text.append(make("p", "", ...note.childNodes));
        if (at === 0 && (before || listing.lineOf(1) >= FAR)) {
          if (listing.whole(screen, before, 1, text)) return;
          listing.opening(screen, before);
          screen = this.addCode(listing);
        }
        listing.window(screen, at + 1, text);
      });
    }

    addCode(listing) {
      const screen = this.add("code");
      if (listing.file) screen.head.firstChild.after(make("code", "file", listing.file));
      return screen;
    }

    /* A listing without notes, on as many screens as it needs. */
    parts(listing, intro) {
      let before = intro?.node;
      let screen = this.addCode(listing);
      if (listing.whole(screen, before)) return;
      let line = listing.from(screen, 0, before);
      while (line < listing.lines.length) {
        before = null;
        screen = this.addCode(listing);
        line = listing.from(screen, line, before);
      }
    }
  }

  /* Code that is shown in parts. */
  class Listing {
    constructor(block) {
      const copy = clean(block);
      this.file = copy.querySelector(".filename")?.textContent.replace(/^steps\/[^/]+\//, "");
      const code = copy.querySelector("code");
      this.kind = block.className;
      // A class sees what changes, and not where.
      this.lines = linesOf(code).filter((line) => !line.textContent.startsWith("@@ "));
    }

    show(screen, from, to, mark, before, after) {
      const code = make("code", "");
      if (from > 0) code.append(make("span", "line more", "⋯"));
      const lines = this.lines.slice(from, to).map((line) => line.cloneNode(true));
      for (const line of lines) {
        for (const sign of line.querySelectorAll(".note")) {
          if (sign.dataset.note === String(mark)) line.classList.add("marked");
          else sign.remove();
        }
      }
      code.append(...lines);
      if (to < this.lines.length) code.append(make("span", "line more", "⋯"));
      const listing = make("div", this.kind, make("pre", "", code));
      screen.body.replaceChildren(...[before, listing, after].filter(Boolean));
    }

    lineOf(mark) {
      return this.lines.findIndex((line) => line.querySelector(`[data-note="${mark}"]`));
    }

    isBlank(at) {
      return this.lines[at].textContent.trim() === "";
    }

    /* All of it, in the largest letters; false if there is too much. */
    whole(screen, before, mark = 0, after = null) {
      this.show(screen, 0, this.lines.length, mark, before, after);
      return enlarge(screen, true);
    }

    /* Before its notes: all of it, or its beginning. */
    opening(screen, before) {
      if (!this.whole(screen, before)) this.from(screen, 0, before);
    }

    /* As many lines as fit, from one on; return the first that doesn't. */
    from(screen, first, before) {
      setSize(screen, SMALLEST);
      const last = this.lines.length;
      let to = last;
      do {
        this.show(screen, first, to, 0, before, null);
        if (fits(screen)) break;
        to -= 1;
      } while (to > first + 1);
      if (to === last) return last;
      // No screen for the last bracket.
      to = Math.max(first + 1, Math.min(to, last - FEW));
      // Better between two parts of the code than within one.
      for (let at = to; at > first + (to - first) / 2; at -= 1) {
        if (this.isBlank(at)) {
          to = at;
          break;
        }
      }
      this.show(screen, first, to, 0, before, null);
      while (to < last && this.isBlank(to)) to += 1;
      return to;
    }

    /* The lines around a note's line, with the note below. */
    window(screen, mark, after) {
      if (this.whole(screen, null, mark, after)) return;
      setSize(screen, SMALLEST);
      const at = this.lineOf(mark);
      let count = this.lines.length;
      do {
        count -= 1;
        // A little more of what is above than of what is below.
        let from = Math.max(0, at - Math.ceil(count / 2));
        let to = Math.min(this.lines.length, from + count);
        from = Math.max(0, to - count);
        while (this.isBlank(from)) from += 1;
        while (this.isBlank(to - 1)) to -= 1;
        this.show(screen, from, to, mark, null, after);
      } while (count > 1 && !fits(screen));
    }
  }

  // ---- Parts of the page ----

  /* A paragraph that sends a reader elsewhere, or to a box that isn't shown. */
  function isPointer(block) {
    if (block.nodeName !== "P") return false;
    const isLink = block.firstChild?.nodeName === "A";
    const opensBox = block.textContent.endsWith(":") && block.nextElementSibling?.matches(NOT_SHOWN);
    return isLink || opensBox || block.textContent.startsWith("Read more");
  }

  /* A sentence right above a list. */
  function leads(piece) {
    return announces(piece) || (piece?.node?.nodeName === "P" && piece.node.textContent.length < 60);
  }

  function announces(piece) {
    return piece?.node?.nodeName === "P" && piece.node.textContent.trim().endsWith(":");
  }

  function isNotesOfCode(block) {
    const before = block?.previousElementSibling;
    return block?.nodeName === "OL" && Boolean(before?.querySelector(".note[data-note]"));
  }

  /* A text in pieces that a screen can end with. */
  function pieces(block) {
    if (block.matches("ul, ol")) {
      return [...block.children].map((item, at) => ({
        item: clean(item),
        list: block,
        isFirst: at === 0,
        at,
      }));
    }
    if (block.matches("dl")) {
      const found = [];
      for (const part of block.children) {
        const isFirst = found.length === 0;
        if (part.nodeName === "DT") found.push({ item: [clean(part)], list: block, isFirst, at: 0 });
        else found.at(-1).item.push(clean(part));
      }
      return found;
    }
    return [{ node: clean(block) }];
  }

  /* Append a piece to a screen; return what takes it away. */
  function append(body, piece) {
    if (piece.node) {
      body.append(piece.node);
      return () => piece.node.remove();
    }
    const owner = piece.list ?? piece.table;
    let holder = body.lastElementChild;
    const isNew = holder?.owner !== owner;
    if (isNew) {
      holder = piece.list ? make(owner.nodeName.toLowerCase()) : make("table");
      holder.owner = owner;
      if (owner.nodeName === "OL" && piece.at > 0) holder.start = piece.at + 1;
      if (piece.table) {
        if (piece.table.tHead) holder.append(piece.table.tHead.cloneNode(true));
        holder.append(make("tbody"));
      }
      body.append(holder);
    }
    const parts = [piece.item ?? piece.row].flat();
    (piece.row ? holder.tBodies[0] : holder).append(...parts);
    return () => {
      for (const part of parts) part.remove();
      if (isNew) holder.remove();
    };
  }

  /* The commands of each system, one below the other instead of in tabs. */
  function systemsOf(tabs) {
    const blocks = tabs.querySelectorAll(".tabbed-block");
    const all = [...tabs.querySelectorAll(".tabbed-labels label")].map((label, at) => {
      const content = clean(blocks[at]);
      for (const code of content.querySelectorAll("code")) splitLines(code);
      return make("div", "system", make("p", "label", label.textContent), ...content.children);
    });
    return make("div", "systems", ...all);
  }

  /* A copy of a part of the page, without what a reader can press or follow. */
  function clean(part) {
    const copy = part.cloneNode(true);
    for (const tabs of copy.querySelectorAll(".tabbed-set")) tabs.replaceWith(systemsOf(tabs));
    for (const gone of copy.querySelectorAll(
      `${NOT_SHOWN}, .headerlink, .md-code__nav, .md-clipboard, .md-annotation, input, [role=status], pre > span:empty`,
    )) {
      gone.remove();
    }
    for (const wrapper of copy.querySelectorAll("a, abbr, label, button, mark")) {
      wrapper.replaceWith(...wrapper.childNodes);
    }
    for (const one of [copy, ...copy.querySelectorAll("[tabindex], [data-task], [role], .task")]) {
      for (const name of ["tabindex", "data-task", "data-search-exclude"]) {
        one.removeAttribute(name);
      }
      one.classList.remove("task");
      if (!(one instanceof SVGElement)) one.removeAttribute("role");
    }
    copy.removeAttribute("id");
    return copy;
  }

  /* Two elements must not share an id, and a drawing refers to its own. */
  function prefixIds(element, prefix) {
    for (const one of element.querySelectorAll("[id]")) one.id = prefix + one.id;
    const names = ["aria-labelledby", "aria-describedby", "marker-end", "marker-start", "clip-path"];
    for (const name of names) {
      for (const one of element.querySelectorAll(`[${name}]`)) {
        const value = one.getAttribute(name);
        const isUrl = value.startsWith("url(#");
        const changed = isUrl ? value.replace("url(#", `url(#${prefix}`) : prefix + value;
        one.setAttribute(name, changed);
      }
    }
    for (const use of element.querySelectorAll("use[href^='#']")) {
      use.setAttribute("href", `#${prefix}${use.getAttribute("href").slice(1)}`);
    }
  }

  /* The lines of a listing as elements, with their colours. */
  function linesOf(code) {
    const lines = [make("span", "line")];
    (function walk(node, wrappers) {
      for (const child of node.childNodes) {
        if (child.nodeType !== Node.TEXT_NODE) {
          if (child.childNodes.length > 0) walk(child, [...wrappers, child]);
          else put(child.cloneNode(true), wrappers);
          continue;
        }
        child.data.split("\n").forEach((text, at) => {
          if (at > 0) lines.push(make("span", "line"));
          if (text) put(document.createTextNode(text), wrappers);
        });
      }
    })(code, []);
    function put(node, wrappers) {
      let inner = node;
      for (const wrapper of wrappers.toReversed()) {
        const copy = wrapper.cloneNode(false);
        copy.append(inner);
        inner = copy;
      }
      lines.at(-1).append(inner);
    }
    while (lines.length > 1 && lines.at(-1).textContent === "") lines.pop();
    for (const line of lines) {
      // A line that wraps goes on below its own first letter.
      const blanks = line.textContent.match(/^ */)[0].length;
      line.style.setProperty("--blanks", blanks + 2);
      if (line.childNodes.length === 0) line.append("\n");
    }
    return lines;
  }

  function splitLines(code) {
    code.replaceChildren(...linesOf(code));
  }

  // ---- Sizes ----

  function setSize(screen, size) {
    screen.element.style.setProperty("--size", `${size}px`);
  }

  function fits(screen) {
    const { element, body } = screen;
    element.classList.add("measured");
    const isIn =
      body.scrollHeight <= body.clientHeight && body.scrollWidth <= body.clientWidth;
    element.classList.remove("measured");
    return isIn;
  }

  /* Take the largest letters with which everything fits; false if none are small enough. */
  function enlarge(screen, isCode = false) {
    for (const size of isCode ? SIZES.slice(1) : SIZES) {
      setSize(screen, size);
      if (fits(screen)) return !isCode || size === SMALLEST || linesAreWhole(screen) || enlargeLess(screen, size);
    }
    return false;
  }

  /* Smaller letters are better than a line that wraps. */
  function enlargeLess(screen, from) {
    for (const size of SIZES.filter((one) => one < from)) {
      setSize(screen, size);
      if (linesAreWhole(screen)) return true;
    }
    return fits(screen);
  }

  function linesAreWhole(screen) {
    screen.element.classList.add("measured");
    const heights = [...screen.body.querySelectorAll(".line")].map((line) => line.offsetHeight);
    screen.element.classList.remove("measured");
    return Math.max(...heights) <= Math.min(...heights) * 1.5;
  }

  function shrink(screen, from) {
    for (const size of SIZES.filter((one) => one <= from)) {
      setSize(screen, size);
      if (fits(screen)) return true;
    }
    return false;
  }

  /* A drawing as large as the screen. Its letters grow to 28 pixels, and become narrower
   * where they would no longer fit their box. */
  function drawLarge(screen, svg) {
    const { width, height } = svg.viewBox.baseVal;
    const { classList } = screen.element;
    classList.add("measured");
    const factorOf = ({ clientWidth, clientHeight }) =>
      Math.min(clientWidth / width, clientHeight / height);
    // Without its title there is more room.
    classList.toggle("tall", factorOf(screen.body) < 1.8 && height / width > 0.5);
    const factor = factorOf(screen.body);
    svg.style.width = `${width * factor}px`;
    svg.style.height = `${height * factor}px`;
    const smallest = (SMALLEST + 0.2) / factor;
    for (const text of svg.querySelectorAll("text")) {
      const size = parseFloat(getComputedStyle(text).fontSize);
      if (size >= smallest) continue;
      const length = text.getComputedTextLength();
      text.style.fontSize = `${smallest}px`;
      const grown = text.getComputedTextLength();
      const { x } = text.getBBox();
      // A text in the middle loses the same on both sides.
      const outside = Math.max(0, -x, x + grown - width);
      const sides = getComputedStyle(text).textAnchor === "middle" ? 2 : 1;
      const room = Math.min(length * 1.1, grown - sides * outside);
      if (grown > room) {
        text.setAttribute("textLength", room);
        text.setAttribute("lengthAdjust", "spacingAndGlyphs");
      }
    }
    classList.remove("measured");
  }
})();
