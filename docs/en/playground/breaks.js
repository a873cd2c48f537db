/* Breaks: mistakes of the error museum, made in the reader's project and undone again. */

import { button, element, phrase, redraw, rich, scrollTo } from "./dom.js";

export class Breaks {
  /** `app`: work, kept, log, and what a break does: choose, run, refresh, notice. */
  constructor(app, place) {
    this.app = app;
    this.place = place;
    this.breaks = app.work.content.breaks;
    this.seen = ""; // the last of the lines that were expected, once all were printed
    const broken = app.work.mine.broken?.name;
    this.current = this.breaks.find((one) => one.name === broken) ?? null;
    this.draw();
  }

  get isBroken() {
    return Boolean(this.current) && this.app.work.mine.broken?.name === this.current.name;
  }

  choose(name) {
    this.current = this.breaks.find((one) => one.name === name) ?? null;
    this.seen = "";
    this.answered = false;
    this.draw();
    this.place.scrollTop = 0;
    this.place.querySelector("h3")?.focus({ preventScroll: true });
    return this.current;
  }

  /** The reader went to another project, or came back to one that is broken. */
  spaceChanged() {
    const name = this.app.work.mine.broken?.name;
    if (name) this.current = this.breaks.find((one) => one.name === name) ?? this.current;
    this.seen = "";
    this.#watch();
    this.draw();
  }

  async breakIt() {
    const { app, current } = this;
    const { work } = app;
    if (work.space.name !== current.project) await app.choose(current.project, { run: false });
    if (work.mine.broken) this.giveBack();
    const { rooms, second } = app.kept.data;
    const kept = {};
    for (const [path, text] of Object.entries(current.files)) {
      if (!(path in work.space.files)) continue;
      kept[path] = work.mine.changes[path] ?? null;
      work.change(path, text);
    }
    work.mine.broken = { name: current.name, kept, rooms, second, layer: app.layer };
    work.kept.save();
    this.seen = "";
    this.answered = false;
    app.code.refresh();
    app.code.open(Object.keys(kept)[0] ?? work.mine.open);
    app.log.clear();
    this.#watch();
    this.draw();
    scrollTo(this.place, ".play-try");
    await app.run({ second: current.servers > 1, layer: current.layer });
  }

  /** Undo the break, and give back what the reader had in its files. */
  async undoBreak() {
    const { app } = this;
    const { work } = app;
    const { broken } = work.mine;
    const during = Object.fromEntries(Object.keys(broken.kept).map((path) => [path, work.text(path)]));
    // The reader may have fixed it by hand, or changed something else.
    const isTouched = Object.entries(during).some(([path, text]) => text !== this.current?.files[path]);
    this.giveBack();
    app.code.refresh();
    app.log.expect([], () => {});
    this.draw();
    app.notice(
      "Undone: these files are as they were before.",
      isTouched && [
        "Undo",
        () => {
          for (const [path, text] of Object.entries(during)) work.change(path, text);
          work.mine.broken = broken;
          work.kept.save();
          app.code.refresh();
          this.draw();
          app.notice("Your version of the broken files is back.");
        },
      ],
    );
    const { layer, rooms, second } = broken;
    await app.run({ layer, rooms, second });
  }

  /** Give back what was in the files before the break. */
  giveBack() {
    const { work } = this.app;
    for (const [path, text] of Object.entries(work.mine.broken.kept)) {
      if (path in work.space.files) work.change(path, text ?? work.space.files[path]);
    }
    delete work.mine.broken;
    work.kept.save();
  }

  #watch() {
    this.app.log.expect(this.isBroken ? this.current.says : [], (line) => {
      if (this.seen) return;
      this.seen = line;
      this.draw();
      scrollTo(this.place, "#play-break-result");
      this.app.announce("The expected line is in the output.");
    });
  }

  draw() {
    redraw(this.place, this.current ? this.#one() : this.#list());
  }

  #list() {
    if (!this.breaks.length) return [element("p", {}, "There are no breaks here yet.")];
    const items = this.breaks.map(({ name, title }) =>
      element("li", {}, button(phrase(title), () => this.choose(name), { class: "play-item", "data-break": name })),
    );
    return [
      element("p", {}, "Each of these is a mistake that people make with Channels. Predict what happens, then make the mistake and see. When you undo it, your own changes are restored."),
      element("ul", { class: "play-list" }, items),
    ];
  }

  #one() {
    const { current, isBroken } = this;
    const back = button("All breaks", () => this.choose(""), { class: "play-link play-back", id: "play-breaks-back" });
    const parts = [back, element("h3", { tabindex: "-1" }, phrase(current.title)), element("p", {}, element("strong", {}, "The mistake: "), phrase(current.does), "."), this.#question()];
    if (!isBroken) {
      parts.push(element("p", {}, button("Break it", () => this.breakIt(), { id: "play-break", class: "play-primary" })));
      return parts;
    }
    parts.push(
      element("p", { class: "play-try" }, element("strong", {}, "Try: "), phrase(current.try)),
      element("div", { role: "status", id: "play-break-result" }, this.#result()),
      element("p", { class: "play-buttons" }, button("Undo the break", () => this.undoBreak(), { id: "play-undo-break", class: "play-primary" })),
    );
    return parts;
  }

  #question() {
    const { predictions } = this.app.kept.data;
    const { name, ask, choices, right } = this.current;
    const shows = this.isBroken && (this.seen || this.answered);
    const items = choices.map((choice, index) => {
      const letter = "ABCD"[index];
      const isChosen = predictions[name] === letter;
      const made = button(phrase(choice), () => this.#predict(letter), { "aria-pressed": String(isChosen), "data-choice": letter });
      if (shows && letter === right) made.dataset.result = "right";
      else if (shows && isChosen) made.dataset.result = "wrong";
      return element("li", {}, made);
    });
    const question = element("p", {}, element("strong", {}, "Predict. "), phrase(ask));
    return element("div", { class: "predict play-predict" }, question, element("ol", {}, items));
  }

  #predict(letter) {
    this.app.kept.data.predictions[this.current.name] = letter;
    this.app.kept.save();
    this.draw();
  }

  #answer() {
    this.answered = true;
    this.draw();
    scrollTo(this.place, "#play-break-result");
  }

  #result() {
    const { says = [], gets = [], museum, right, choices, name } = this.current;
    const isShown = this.seen || this.answered;
    if (!isShown) {
      return [
        element("p", {}, "Watch the rooms and the output, then compare with your prediction."),
        button("Show the answer", () => this.#answer(), { id: "play-answer" }),
      ];
    }
    const letter = this.app.kept.data.predictions[name];
    const verdict = !letter ? [] : [element("strong", {}, letter === right ? "You predicted that. " : "You predicted something else. ")];
    const answer = phrase(choices["ABCD".indexOf(right)]);
    const parts = [element("p", {}, ...verdict, "What happens: ", answer, ".")];
    if (this.seen) parts.push(element("p", {}, "There it is, in the output: ", element("code", {}, this.seen.trim())));
    else if (says.length) parts.push(element("p", {}, "The output will have this line: ", element("code", {}, says.at(-1))));
    if (gets.length) parts.push(element("p", {}, "What people get: ", gets.join(". "), "."));
    if (this.current.note) parts.push(rich(this.current.note));
    const href = new URL(museum, new URL("../", this.app.host.base)).href;
    parts.push(element("p", {}, element("a", { href, target: "_blank" }, "Why, and how to fix it: the error museum")));
    return parts;
  }
}
