/* Exercises: the task, checks that run in this page, hints one at a time, a solution. */

import { ask, button, element, phrase, redraw, rich, scrollTo } from "./dom.js";

const SIGNS = { passed: "✓", failed: "✗", waiting: "·" };
const WORDS = { passed: "passes", failed: "fails", waiting: "waits for the others" };
const KINDS = { write: "write it", fix: "fix it", predict: "predict it", test: "test it" };

export class Exercises {
  constructor(app, place) {
    this.app = app;
    this.place = place;
    this.outcome = null;
    this.draw();
  }

  get current() {
    return this.app.work.space.exercise;
  }

  get entry() {
    return (this.app.kept.data.exercises[this.current.name] ??= {});
  }

  spaceChanged() {
    this.checker?.stop();
    this.outcome = null;
    this.draw();
    this.place.scrollTop = 0;
  }

  async check() {
    const { app, current } = this;
    if (!current || this.checking) return;
    this.checking = current;
    this.outcome = { results: [] };
    this.draw();
    let outcome;
    try {
      if (!this.checker) {
        const { Checker } = await import("./checks.js");
        this.checker = new Checker(app.host);
      }
      outcome = await this.checker.check(current, app.work.files(), {
        onResult: (result, results) => {
          if (this.current !== current) return;
          this.outcome.results = results;
          this.draw();
        },
        onProgress: (bytes, of) => app.progress(bytes, of, "checks"),
        onStep: (text) => app.notice(text),
      });
      app.notice("");
    } catch (error) {
      console.error(error);
      app.notice("");
      outcome = { solved: false, results: [], notes: [], trouble: `The checks can’t run here: ${error.message}` };
    }
    this.checking = null;
    if (this.current !== current) return this.draw();
    this.outcome = outcome;
    const wasSolved = this.entry.solved;
    if (outcome.solved) this.entry.solved ??= new Date().toISOString();
    app.kept.save();
    if (outcome.solved && !wasSolved) app.listChanged();
    this.draw();
    scrollTo(this.place, ".play-actions");
    app.announce(total(outcome));
  }

  stop() {
    this.checker?.stop();
  }

  draw() {
    redraw(this.place, this.current ? this.#one() : this.#list());
  }

  #list() {
    const { exercises } = this.app.work.content;
    if (!exercises.length) return [element("p", {}, "There are no exercises here yet.")];
    const done = this.app.kept.data.exercises;
    const count = exercises.filter(({ name }) => done[name]?.solved).length;
    const lists = new Map();
    for (const one of exercises) {
      const track = trackOf(one);
      if (!lists.has(track)) lists.set(track, element("ul", { class: "play-list" }));
      lists.get(track).append(this.#item(one, done[one.name]?.solved));
    }
    return [
      element("p", {}, "The same tasks and checks as in ", element("code", {}, "python3 -m course exercise"), `. ${count} of ${exercises.length} solved. Your progress is kept in this browser.`),
      ...[...lists].flatMap(([track, list]) => [element("h3", {}, track[0].toUpperCase() + track.slice(1)), list]),
    ];
  }

  #item(one, isDone) {
    const mark = element("span", { class: "play-done" }, isDone ? "✓" : "");
    const state = isDone ? element("span", { class: "play-hidden" }, "solved: ") : "";
    const about = element("small", {}, ` ${KINDS[one.kind] ?? one.kind}, ${one.minutes} min, ${level(one)}`);
    const choose = () => this.app.choose(`exercise:${one.name}`);
    return element("li", {}, button([mark, state, phrase(one.title), about], choose, { class: "play-item", "data-exercise": one.name }));
  }

  #one() {
    const { current, entry, outcome } = this;
    const back = button("All exercises", () => this.app.choose(current.project), { class: "play-link play-back", id: "play-exercises-back" });
    const about = `${KINDS[current.kind] ?? current.kind}, ${current.minutes} min, ${level(current)}${entry.solved ? ", solved" : ""}`;
    const shown = current.hints.slice(0, entry.hints ?? 0);
    const left = current.hints.length - shown.length;
    const buttons = [
      this.checking
        ? button("Stop checking", () => this.stop(), { id: "play-check-stop" })
        : button("Check", () => this.check(), { id: "play-check", class: "play-primary", title: "Ctrl+Shift+Enter" }),
      left > 0 && button(shown.length ? `Next hint (${left} left)` : "Hint", () => this.#hint(), { id: "play-hint" }),
      current.solution && button("Solution", () => this.#solution(), { id: "play-solution", "aria-expanded": String(Boolean(this.showsSolution)) }),
    ].filter(Boolean);
    return [
      back,
      element("h3", { tabindex: "-1" }, phrase(current.title)),
      element("p", { class: "play-quiet" }, about),
      rich(current.task, { class: "play-task" }),
      element("p", { class: "play-buttons play-actions" }, buttons),
      element("div", { id: "play-results" }, outcome ? this.#results() : []),
      ...shown.map((hint, index) => element("section", { class: "play-hint" }, element("strong", {}, `Hint ${index + 1} of ${current.hints.length}. `), rich(hint))),
      ...(this.showsSolution ? [element("h4", { class: "play-ours" }, "Our solution"), rich(current.solution, { id: "play-solution-text" })] : []),
    ];
  }

  #results() {
    const { outcome } = this;
    if (this.checking) return [element("p", {}, "Checking …"), ...this.#lines(outcome.results)];
    if (outcome.trouble) return [element("p", { class: "play-failed" }, `✗ ${outcome.trouble}`)];
    const parts = [element("p", {}, element("strong", {}, total(outcome))), ...this.#lines(outcome.results)];
    parts.push(...(outcome.notes ?? []).map((note) => element("p", {}, `! ${note}`)));
    const trace = merged(outcome.results).find(({ state, trace }) => state === "failed" && trace)?.trace;
    if (trace) parts.push(folded("The traceback of the first failure", trace));
    const printed = outcome.printed ?? outcome.results.map((one) => one.printed ?? "").join("");
    if (printed.trim()) parts.push(folded("What your code printed", printed));
    return parts;
  }

  /** One sentence for each check; one cause can fail several, and is said once. */
  #lines(results) {
    const seen = new Set();
    const items = [];
    let more = 0;
    for (const { name, says, sentence, state } of merged(results)) {
      const text = says || sentence;
      const [cause] = text.split(" (while checking: ");
      if (name === "starts" && state !== "failed") continue;
      if (seen.has(cause)) {
        more += state === "failed" ? 1 : 0;
        continue;
      }
      seen.add(cause);
      items.push(
        element(
          "li",
          { class: `play-${state}` },
          element("span", { "aria-hidden": "true" }, SIGNS[state]),
          element("span", {}, element("span", { class: "play-hidden" }, `${WORDS[state]}: `), text),
        ),
      );
    }
    if (!items.length) return [];
    const same = more && element("p", {}, `${more} more ${more === 1 ? "check fails" : "checks fail"} for the same reason.`);
    return [element("ul", { class: "play-checks" }, items), ...(same ? [same] : [])];
  }

  #hint() {
    this.entry.hints = (this.entry.hints ?? 0) + 1;
    this.app.kept.save();
    this.draw();
    scrollTo(this.place, ".play-hint:last-of-type");
    this.app.announce(`Hint ${this.entry.hints} of ${this.current.hints.length}.`);
  }

  async #solution() {
    if (!this.showsSolution && !this.entry.solved && !this.entry.seen) {
      const left = this.current.hints.length - (this.entry.hints ?? 0);
      const more = left === 1 ? "There’s one more hint. " : left ? `There are ${left} more hints. ` : "";
      if (!(await ask(`${more}You learn most by finding your own solution. Really show ours?`, "Show it", "Not yet"))) return;
      this.entry.seen = true;
      this.app.kept.save();
    }
    this.shown = this.showsSolution ? null : this.current;
    this.draw();
    scrollTo(this.place, ".play-ours");
  }

  get showsSolution() {
    return this.shown === this.current;
  }
}

/** The words for a track of exercises. */
export function trackOf({ track = "" }) {
  const words = { build: "build the chat", own: "your own project" };
  return words[track] ?? (/^\d/.test(track) ? `lesson ${track}` : "more");
}

function total({ solved, results, stopped, trouble }) {
  if (trouble) return trouble;
  const real = merged(results).filter(({ name }) => name !== "starts");
  const passed = real.filter(({ state }) => state === "passed").length;
  if (solved) return `Solved: all ${passed} checks pass.`;
  if (stopped) return "You stopped the checks.";
  return real.length ? `${passed} of ${real.length} checks pass.` : "No check could run.";
}

/** The results, with those of a parametrized check as one; failures first. */
function merged(results) {
  const order = { failed: 0, waiting: 1, passed: 2 };
  const groups = new Map();
  for (const one of results) {
    const name = one.name.split("[")[0];
    const other = groups.get(name);
    if (!other || (one.state === "failed" && other.state !== "failed")) groups.set(name, one);
  }
  return [...groups.values()].sort((a, b) => order[a.state] - order[b.state]);
}

function level({ difficulty }) {
  return "★".repeat(difficulty) + "☆".repeat(3 - difficulty);
}

function folded(title, text) {
  return element("details", {}, element("summary", {}, title), element("pre", { tabindex: "0" }, text));
}
