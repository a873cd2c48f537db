/* The playground, once Python is there: the editor, the rooms, the servers' output. */

import { Breaks } from "./breaks.js";
import { Code } from "./code.js";
import { arrowKeys, ask, button, choices, dialog, element, phrase, rich, select, selectTab } from "./dom.js";
import { Exercises, trackOf } from "./exercises.js";
import { Kept } from "./keep.js";
import { Log } from "./log.js";
import { Queues } from "./queues.js";
import { Rooms } from "./rooms.js";
import { forget, isShared, linkOf, shared } from "./share.js";
import { Work } from "./work.js";

const LAYERS = {
  project: "The project’s layer",
  memory: "In-memory layer",
  page: "This page’s layer",
  alone: "In-memory layer",
};
const SIDES = { output: "Output", break: "Break it", exercises: "Exercises", layer: "Layer" };
const PANES = { code: "Code", ana: "Ana", bia: "Bia", output: "Output", task: "Task" };

const MISSING = "The files of that project didn’t arrive. Check your connection, then choose it again.";

const SLOW = 6000; // milliseconds, after which a start says that something may be wrong

export class Play {
  constructor(host, cm, content, place) {
    this.host = host;
    this.place = place;
    this.runs = 0;
    this.kept = new Kept(() =>
      this.notice("Your browser keeps nothing from this page: its storage is full or turned off. Your changes last until you close the tab."),
    );
    this.work = new Work(content, this.kept);
    this.#build();
    this.code = new Code(cm, this.parts.code, this.work, () => this.#edited());
    this.rooms = new Rooms(
      host,
      this.parts.rooms,
      (index, number) => this.#move(index, number),
      (event) => this.#keyInRoom(event),
    );
    this.log = new Log(this.parts.sides.output, () => this.#news(true));
    this.queues = new Queues(this.parts.sides.layer);
    this.breaks = new Breaks(this, this.parts.sides.break);
    this.exercises = new Exercises(this, this.parts.sides.exercises);
    host.onLog = (server, text) => this.log.add(server, text);
    host.onState = (server, state, why) => this.#stateChanged(server, state, why);
    host.onLayer = (state) => this.queues.changed(state);
  }

  /** Open what the address names, or what was open last time, and run it. */
  async begin() {
    const query = new URLSearchParams(location.search);
    let shows = "";
    let sentence = "";
    const wanted = { project: query.get("project"), exercise: query.get("exercise"), break: query.get("break") };
    const exhibit = this.work.content.breaks.find(({ name }) => name === wanted.break);
    if (wanted.exercise) shows = "exercises";
    if (exhibit) shows = "break";
    const name = exhibit?.project ?? (wanted.exercise ? `exercise:${wanted.exercise}` : wanted.project) ?? this.work.last;
    const known = this.work.spaces.has(name);
    if (known && !(await this.#complete(name))) sentence = MISSING;
    else if (known) this.work.choose(name);
    if (!known || (wanted.break && !exhibit)) sentence = `There’s no ${wanted.break ? "break" : wanted.exercise ? "exercise" : "project"} “${wanted.break ?? wanted.exercise ?? wanted.project}” here. This is what you had open, or the first project.`;
    const given = isShared() ? await shared(this.work.spaces, (project) => this.#complete(project)) : null;
    if (given?.project) this.work.choose(given.project);
    this.place.replaceChildren(this.parts.root);
    document.body.classList.add("playing");
    if (matchMedia("(max-width: 44.99em)").matches) this.#fill(true);
    this.#showSpace();
    if (exhibit) this.breaks.choose(exhibit.name);
    this.side(shows || (this.work.space.exercise ? "exercises" : "output"));
    this.pane(shows ? "task" : "code");
    this.#fit();
    if (given?.problem) {
      sentence = `${given.problem} ${this.work.changed.length ? "What you see is your own work." : "This is the project without it."}`;
    }
    if (sentence) this.notice(sentence);
    this.parts.title.focus({ preventScroll: true });
    this.parts.root.scrollIntoView({ block: "start" });
    if (given?.changes) await this.#offer(given);
    else await this.run();
  }

  // ---- The page ------------------------------------------------------------------------

  #build() {
    const title = element("h2", { class: "play-hidden", tabindex: "-1" }, "The playground");
    const project = element("select", { id: "play-project", "aria-label": "Project or exercise" });
    project.addEventListener("change", () => this.choose(project.value));
    const more = button("More", () => {
      const isOpen = bar.classList.toggle("play-open");
      more.setAttribute("aria-expanded", String(isOpen));
    }, { id: "play-more", "aria-expanded": "false", "aria-controls": "play-tools" });
    const second = button("Second server", () => this.#toggleSecond(), { id: "play-second", "aria-pressed": "false" });
    const layer = select({ id: "play-layer", "aria-label": "Channel layer", title: "Channel layer" }, [], (value) => this.#again({ layer: value }));
    const undo = button("Bring back my version", () => this.#undo(), { id: "play-undo", class: "play-link", hidden: true });
    const whole = button("Full window", () => this.#fill(!this.#isWhole), { id: "play-whole", "aria-pressed": "false", title: "Esc leaves it" });
    const tools = element(
      "div",
      { class: "play-tools", id: "play-tools" },
      second,
      layer,
      button("What did I change?", () => this.#showChanges(), { id: "play-changes" }),
      button("Reset", () => this.#reset(), { id: "play-reset" }),
      button("Copy link", () => this.#copy(), { id: "play-link" }),
      whole,
    );
    const bar = element(
      "div",
      { class: "play-bar", role: "group", "aria-label": "Project and servers" },
      project,
      button("Run", () => this.#again(), { id: "play-run", class: "play-primary", title: "Ctrl+Enter, or Cmd+Enter on a Mac" }),
      button("Stop", () => this.stop(), { id: "play-stop", disabled: true }),
      more,
      tools,
    );
    const state = element("p", { id: "play-state", role: "status", class: "play-state" });
    const note = element("div", { id: "play-note", class: "play-note" });
    const notice = element("div", { id: "play-notice", class: "play-notice", role: "status" });
    const live = element("div", { id: "play-live", class: "play-hidden", "aria-live": "polite" });
    const code = element("section", { class: "play-code", "data-pane": "code", "aria-label": "Code" });
    const rooms = element("div", { class: "play-rooms" });

    const tabs = element("div", { role: "tablist", "aria-label": "Output and tasks", class: "play-tabs play-sides" });
    arrowKeys(tabs);
    const sides = {};
    for (const [name, text] of Object.entries(SIDES)) {
      tabs.append(button(text, () => this.side(name), { role: "tab", id: `play-tab-${name}`, "aria-controls": `play-${name}-panel`, "data-side": name }));
      sides[name] = element("div", { role: "tabpanel", id: `play-${name}-panel`, "aria-labelledby": `play-tab-${name}`, class: "play-side" });
    }
    const panel = element("section", { class: "play-panel", "data-pane": "panel", "aria-label": "Output and tasks" }, tabs, Object.values(sides));
    const panes = element("nav", { class: "play-panes", "aria-label": "Parts of the playground" });
    for (const [name, text] of Object.entries(PANES)) {
      panes.append(button(text, () => this.pane(name), { "data-go": name, id: `play-go-${name}` }));
    }
    const head = element("div", { class: "play-head" }, title, bar, element("div", { class: "play-row play-said" }, state, undo, notice, note), live);
    const root = element("section", { class: "play", "aria-label": "Playground" }, head, code, rooms, panel, panes);
    root.addEventListener("keydown", (event) => this.#key(event), { capture: true });
    root.addEventListener("keydown", (event) => this.#isWhole && event.stopPropagation());
    addEventListener("keydown", (event) => root.contains(event.target) || this.#keyOutside(event), { capture: true });
    visualViewport?.addEventListener("resize", () => this.#fit());
    visualViewport?.addEventListener("scroll", () => this.#fit());
    this.parts = { root, title, project, second, layer, undo, whole, state, note, notice, live, code, rooms, tabs, sides, panes, tools };
    this.parts.run = bar.querySelector("#play-run");
    this.parts.stop = bar.querySelector("#play-stop");
  }

  #key(event) {
    // In the editor, Esc closes a panel and lets Tab leave; a list closes with it, too.
    const isFree = !event.target.closest("dialog, select, .cm-editor");
    if (event.key === "Escape" && isFree && this.#isWhole) return this.#fill(false);
    const isRun = (event.ctrlKey || event.metaKey) && !event.altKey;
    if (!isRun || event.target.closest("dialog")) return;
    if (event.key === "Enter" && event.shiftKey) {
      if (!this.work.space.exercise) return;
      this.side("exercises");
      this.pane("task");
      this.exercises.check();
    } else if (event.key === "Enter" || (event.key === "s" && !event.shiftKey)) {
      this.#again();
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** The page around a full window hears no key: some of them open its search. */
  #keyOutside(event) {
    if (!this.#isWhole) return;
    event.stopPropagation();
    if (event.key === "Escape") this.#fill(false);
  }

  #keyInRoom(event) {
    const isFree = !event.defaultPrevented && !event.isComposing && !event.target.closest?.("dialog, select");
    if (event.key === "Escape" && isFree && this.#isWhole) this.#fill(false);
  }

  /** Choose what the panel shows. */
  side(name) {
    for (const [other, panel] of Object.entries(this.parts.sides)) panel.hidden = other !== name;
    selectTab(this.parts.tabs, this.parts.tabs.querySelector(`[data-side="${name}"]`));
    this.parts.root.dataset.side = name;
    if (name !== "output") this.task = name;
    this.#markPane();
  }

  /** Choose what a small screen shows. */
  pane(name) {
    if (name === "output") this.side("output");
    if (name === "task") this.side(this.task ?? (this.work.space.exercise ? "exercises" : "break"));
    this.parts.root.dataset.pane = name === "output" || name === "task" ? "panel" : name;
    this.#markPane();
  }

  #markPane() {
    const { pane, side } = this.parts.root.dataset;
    const now = pane === "panel" ? (side === "output" ? "output" : "task") : pane;
    for (const one of this.parts.panes.children) {
      if (one.dataset.go === now) one.setAttribute("aria-current", "true");
      else one.removeAttribute("aria-current");
    }
    if (side === "output") {
      this.log.shown();
      if (now === "output") this.#news(false);
    }
  }

  /** Mark the output on a phone: there's an exception in it that wasn't seen. */
  #news(is) {
    const { root, panes } = this.parts;
    const isSeen = root.dataset.pane === "panel" && root.dataset.side === "output";
    const output = panes.querySelector('[data-go="output"]');
    output.replaceChildren(PANES.output, ...(is && !isSeen ? [element("span", { class: "play-news" }, element("span", { class: "play-hidden" }, " (an error)"))] : []));
  }

  get #isWhole() {
    return this.parts.root.classList.contains("play-whole");
  }

  /** Fill the window, or give it back to the page. */
  #fill(isWhole) {
    const { root, whole } = this.parts;
    if (isWhole === this.#isWhole) return;
    if (isWhole) {
      this.scrolled = scrollY;
      this.behind = around(root).filter((one) => !one.inert);
    }
    for (const one of this.behind) one.inert = isWhole;
    root.classList.toggle("play-whole", isWhole);
    document.documentElement.classList.toggle("play-locked", isWhole);
    whole.textContent = isWhole ? "Back to the page" : "Full window";
    whole.setAttribute("aria-pressed", String(isWhole));
    this.#fit();
    if (isWhole) return;
    scrollTo({ top: this.scrolled, behavior: "instant" });
    whole.focus({ preventScroll: true });
  }

  /** Stay above the keyboard of a phone. */
  #fit() {
    const { height, offsetTop, scale } = visualViewport ?? { height: innerHeight, offsetTop: 0, scale: 1 };
    if (scale > 1.01) return; // the reader has zoomed in
    const { live, root } = this.parts;
    root.style.setProperty("--play-height", `${height}px`);
    root.style.setProperty("--play-top", `${offsetTop}px`);
    // The rooms' letters grow with those of the page. The theme's are 125% on a laptop.
    const size = (one) => Number.parseFloat(getComputedStyle(one).fontSize);
    const letters = size(document.documentElement) / size(live);
    root.style.setProperty("--play-rooms", letters / 1.25);
    root.classList.toggle("play-typing", height < 0.75 * document.documentElement.clientHeight);
    this.rooms?.showInput();
  }

  /** Say something below the buttons, with something that can be done about it. */
  notice(text, action) {
    const parts = [element("span", {}, text)];
    if (action) parts.push(button(action[0], action[1], { class: "play-link", id: "play-notice-action" }));
    parts.push(button("×", () => this.parts.notice.replaceChildren(), { class: "play-close", "aria-label": "Close this message" }));
    this.parts.notice.replaceChildren(...(text ? parts : []));
  }

  announce(text) {
    this.parts.live.textContent = "";
    setTimeout(() => (this.parts.live.textContent = text), 50);
  }

  progress(bytes, of, what) {
    const isDone = bytes >= of;
    this.notice(isDone ? "" : `Fetching the ${what}: ${(bytes / 1e6).toFixed(1)} of ${(of / 1e6).toFixed(1)} MB, once.`);
    if (!isDone) this.parts.notice.prepend(element("progress", { max: of, value: bytes, "aria-hidden": "true" }));
  }

  // ---- Projects ------------------------------------------------------------------------

  get #projectName() {
    const { exercise, name } = this.work.space;
    return exercise ? exercise.project : name;
  }

  get #port() {
    return 8000 + Number.parseInt(this.work.space.step, 10);
  }

  get #numbers() {
    return this.kept.data.second && (this.work.space.servers ?? 2) > 1 ? [1, 2] : [1];
  }

  get layer() {
    const { layers = ["project"] } = this.work.space;
    const chosen = this.kept.data.layers[this.#projectName];
    return layers.includes(chosen) ? chosen : layers[0];
  }

  async choose(name, { run = true } = {}) {
    if (!this.work.spaces.has(name)) return;
    this.chosen = name;
    const isThere = await this.#complete(name);
    if (this.chosen !== name) return; // another one, meanwhile
    if (!isThere) {
      this.listChanged();
      return this.notice(MISSING);
    }
    this.work.choose(name);
    this.notice("");
    this.#showSpace();
    if (this.work.space.exercise) this.side("exercises");
    if (run) await this.run();
  }

  /** Have all files of a project; return whether they're there. */
  async #complete(name) {
    try {
      await this.work.complete(name, this.host.base);
      return true;
    } catch (error) {
      console.error(error);
      return false;
    }
  }

  /** The list of exercises has changed: one was solved. */
  listChanged() {
    const { project } = this.parts;
    const { exercises } = this.kept.data;
    const option = (value, text) => element("option", { value }, text);
    const groups = new Map();
    for (const { name, title, exercise } of this.work.spaces.values()) {
      const group = exercise ? `Exercises: ${trackOf(exercise)}` : "Projects";
      const mark = exercises[exercise?.name]?.solved ? "✓ " : "";
      const text = exercise ? `${mark}${phrase(exercise.title).textContent}` : title;
      groups.set(group, [...(groups.get(group) ?? []), option(name, text)]);
    }
    project.replaceChildren(...[...groups].map(([label, options]) => element("optgroup", { label }, options)));
    project.value = this.work.space.name;
  }

  #showSpace() {
    const { space } = this.work;
    const { layer, note } = this.parts;
    this.listChanged();
    this.code.show();
    const { layers = ["project"] } = space;
    choices(layer, layers.map((name) => [name, LAYERS[name]]), this.layer);
    layer.hidden = layers.length < 2;
    note.replaceChildren(rich(space.note));
    if (space.lesson) note.firstChild.append(" ", element("a", { href: new URL(space.lesson, new URL("../", this.host.base)).href, target: "_blank" }, "The lesson"));
    if (space.people) note.firstChild.append(" · ", element("a", { href: "#final", onclick: () => this.#fill(false) }, "What differs here"));
    if (space.name === "03") note.firstChild.append(" · ", element("a", { href: "#things", onclick: () => this.#fill(false) }, "Five things to try"));
    this.#showServers();
    this.#edited();
    this.breaks.spaceChanged();
    this.exercises.spaceChanged();
  }

  #showServers() {
    const numbers = this.#numbers;
    const { second } = this.parts;
    second.hidden = (this.work.space.servers ?? 2) < 2;
    second.setAttribute("aria-pressed", String(numbers.length > 1));
    this.host.port = this.#port;
    this.rooms.servers(numbers, this.kept.data.rooms);
    this.log.servers(numbers, this.#port);
    this.queues.used(this.layer === "page", this.work.space.layers?.includes("page"));
    this.parts.rooms.classList.toggle("play-two", numbers.length > 1);
  }

  #edited() {
    const count = this.work.changed.length;
    const changes = this.parts.tools.querySelector("#play-changes");
    changes.textContent = count ? `What did I change? (${count})` : "What did I change?";
    this.parts.undo.hidden = !this.work.mine.before;
  }

  async #reset() {
    const { work } = this;
    if (!work.changed.length) return this.notice("You haven’t changed anything here.");
    const files = work.changed.length === 1 ? "this file" : `these ${work.changed.length} files`;
    if (!(await ask(`Reset ${files} to the course’s version?`, "Reset", "Keep my changes"))) return;
    if (work.mine.broken) this.breaks.giveBack();
    this.#replace({});
    this.notice("Reset: every file is the course’s version again.");
    await this.run();
  }

  /** Put other changes in the place of the reader's, which can be brought back. */
  #replace(changes) {
    const { mine } = this.work;
    const before = mine.changes;
    mine.changes = changes;
    delete mine.broken;
    if (Object.keys(before).length) mine.before = before;
    else delete mine.before;
    this.kept.save();
    this.code.refresh();
    this.breaks.spaceChanged();
    this.#edited();
  }

  async #undo() {
    const { before } = this.work.mine;
    if (!before) return;
    this.#replace(Object.fromEntries(Object.entries(before).filter(([path]) => path in this.work.space.files)));
    this.notice("This is your version again.");
    await this.run();
  }

  async #showChanges() {
    const { changed, space } = this.work;
    const parts = changed.map((path) => this.code.difference(path, space.files[path], this.work.text(path)));
    const content = parts.length ? parts : element("p", {}, "Nothing yet: every file is as the course wrote it.");
    await dialog("What did I change?", content, [["", "Close"]], { id: "play-changes-dialog" });
  }

  // ---- Links ---------------------------------------------------------------------------

  async #copy() {
    const { changed, mine, space } = this.work;
    let url;
    if (changed.length) {
      const { rooms, second } = this.kept.data;
      url = await linkOf({ project: space.name, layer: this.layer, rooms, second }, mine.changes, space.files);
    } else {
      const [kind, name] = space.exercise ? ["exercise", space.exercise.name] : ["project", space.name];
      url = `${location.origin}${location.pathname}?${new URLSearchParams({ [kind]: name })}`;
    }
    const what = changed.length ? "It contains your change, which no server stores." : "It opens this project: you haven’t changed anything.";
    const long = url.length > 2000 ? " Some programs cut links of this length." : "";
    try {
      await navigator.clipboard.writeText(url);
      this.notice(`Copied: a link of ${url.length.toLocaleString("en")} characters. ${what}${long}`);
    } catch {
      const field = element("textarea", { readonly: true, rows: 4, id: "play-link-text", "aria-label": "The link, to copy" });
      field.value = url;
      const shown = dialog(`A link of ${url.length.toLocaleString("en")} characters`, [element("p", {}, `Press Ctrl+C, or Cmd+C on a Mac, to copy it. ${what}${long}`), field], [["", "Close"]]);
      field.select();
      await shown;
    }
  }

  /** Show what a link carries; run it only if the reader says so. */
  async #offer(given) {
    const { work } = this;
    const { files } = work.space;
    const parts = Object.entries(given.changes).map(([path, text]) => this.code.difference(path, files[path], text));
    const notes = ["Somebody sent you this change. Read it: it runs in your browser, in this page, and nothing of it has run yet."];
    if (given.isOld) notes.push("It was made for another version of the course, so it may contain more than the change.");
    if (work.changed.length) notes.push("Your own changes to this project are kept: you can bring them back.");
    const answer = await dialog("A change from a link", [element("p", {}, notes.join(" ")), ...parts], [["run", "Run these changes"], ["", "Open without them"]], { id: "play-shared" });
    forget();
    if (answer === "run") {
      if (Array.isArray(given.rooms)) this.kept.data.rooms = given.rooms.map((number) => (number === 2 ? 2 : 1));
      this.kept.data.second = given.second === true;
      if (work.space.layers?.includes(given.layer)) this.kept.data.layers[this.#projectName] = given.layer;
      this.#replace({ ...given.changes });
      this.#showSpace();
    }
    await this.run();
  }

  // ---- Servers -------------------------------------------------------------------------

  /** Run because the reader asks for it: what was said before is over. */
  #again(options) {
    this.notice("");
    return this.run(options);
  }

  /** Start the servers with the files as they are now. */
  async run({ layer, rooms, second } = {}) {
    const run = ++this.runs;
    const { space } = this.work;
    if (!(await this.#prepare(space)) || run !== this.runs) return;
    if (second !== undefined) this.#setServers(second, rooms);
    if (layer) this.#setLayer(layer);
    this.#showServers();
    this.code.problem(null);
    if (!space.page) return this.#runNothing();
    this.files = this.work.files();
    if (this.#numbers.length < 2) this.host.server(2).end();
    const results = await Promise.all(this.#numbers.map((number) => this.#start(number, space)));
    if (run !== this.runs) return;
    const trouble = results.find(({ kind }) => kind === "stopped" || kind === "failed");
    if (trouble) this.announce(`The server didn’t start: ${trouble.says}`);
    else if (results.every(({ kind }) => kind === "ready")) this.announce("Running. Both pages have been loaded again.");
  }

  /** Fetch and import what only this project needs, once; return whether it's there. */
  async #prepare({ packs = [] }) {
    if (this.host.filesFor(packs)) return true;
    const what = "packages of this project";
    this.#prepares(true);
    try {
      await this.host.prepare(packs, (bytes, of) => this.progress(bytes, of, what), (text) => this.notice(text));
      return true;
    } catch (error) {
      console.error(error);
      const isThere = packs.every((pack) => this.host.source.buffers[pack]);
      const why = isThere ? "couldn’t be imported. Close other tabs" : "didn’t arrive. Check your connection";
      this.notice(`The packages of this project ${why}, then try again.`, ["Try again", () => this.#again()]);
      return false;
    } finally {
      this.#prepares(false);
    }
  }

  #prepares(is) {
    this.isPreparing = is;
    this.#showState();
  }

  async #start(number, space) {
    const layer = this.layer;
    const { application, binary, environment = {}, migrate = false, names, packs = [], page, people } = space;
    const options = { application, binary, environment, migrate, packs, people, layer: layer === "project" ? null : layer };
    if (people) options.site = this.host.site(space.name, names);
    const slow = setTimeout(() => {
      this.isSlow = true;
      this.#showState();
    }, SLOW);
    const result = await this.host.server(number).start(this.files, options);
    clearTimeout(slow);
    this.isSlow = false;
    if (result.kind === "ready") {
      this.took = result.ms;
      this.#showState();
      this.rooms.started(number, page, names);
    } else if (result.kind === "stopped") {
      this.code.problem(result);
      this.pane("code");
    } else if (result.kind === "failed") {
      this.notice(`Python didn’t start: ${result.says.split("\n")[0]} Press Run to try again.`);
    }
    return result;
  }

  /** Some exercises are about code that no server runs. */
  #runNothing() {
    for (const number of [1, 2]) this.host.server(number).end();
    this.rooms.none();
    this.#showState();
  }

  stop() {
    this.runs += 1;
    this.exercises.stop();
    for (const number of [1, 2]) {
      if (this.host.server(number).state === "stopped") continue;
      this.log.add(number, "Stopped.", "play-mine");
      this.host.server(number).end("Stopped by you.");
    }
  }

  #stateChanged(server, state, why) {
    if (state === "stopped" && why?.startsWith("Stopped: ")) {
      this.code.problem({ says: why });
      this.announce(why);
    }
    this.why = state === "stopped" ? why : "";
    this.#showState();
  }

  #showState() {
    const states = this.#numbers.map((number) => this.host.server(number).state);
    const took = this.took ? ` It started in ${(this.took / 1000).toFixed(1)} s.` : "";
    const starting = this.isSlow ? "Still starting. If a loop never ends, press Stop." : "Starting …";
    const words = { starting, running: `Running.${took}`, stopped: "Stopped. Press Run to start again." };
    const { run, state, stop } = this.parts;
    run.disabled = !this.work.space.page;
    state.textContent =
      !this.work.space.page
        ? "Nothing to serve here: press Check."
        : this.isPreparing
        ? "Preparing …"
        : states.length === 1 || states[0] === states[1]
        ? words[states[0]]
        : states.map((one, index) => `Server ${index + 1}: ${words[one]}`).join(" ");
    state.dataset.state = this.isPreparing || states.includes("starting") ? "starting" : states[0];
    stop.disabled = states.every((one) => one === "stopped");
    if (stop.disabled && document.activeElement === stop) run.focus();
  }

  #setServers(second, rooms = second ? [1, 2] : [1, 1]) {
    Object.assign(this.kept.data, { second, rooms });
    this.kept.save();
  }

  #setLayer(name) {
    this.kept.data.layers[this.#projectName] = name;
    this.parts.layer.value = this.layer;
    this.kept.save();
  }

  async #toggleSecond() {
    const { data } = this.kept;
    this.#setServers(!data.second);
    const moved = this.rooms.rooms.map(({ number }) => number);
    this.#showServers();
    if (!data.second) {
      this.host.server(2).end();
      this.rooms.rooms.forEach((room, index) => moved[index] === 2 && this.rooms.load(index));
      this.notice("One server: Ana and Bia are both on it.");
    } else if (this.host.server(1).state === "running") {
      await this.#start(2, this.work.space);
      this.notice("Bia is on the second server now, Ana on the first. Send a message from each.");
    } else {
      await this.run();
    }
    this.#showState();
  }

  #move(index, number) {
    this.kept.data.rooms[index] = number;
    this.kept.save();
    this.#showServers();
    if (this.host.server(number).state === "running") this.rooms.load(index);
  }
}

/** Return everything in the page that isn't the element, inside it or around it. */
function around(element) {
  const { parentElement } = element;
  const siblings = [...parentElement.children].filter((one) => one !== element);
  return parentElement === document.body ? siblings : [...siblings, ...around(parentElement)];
}
