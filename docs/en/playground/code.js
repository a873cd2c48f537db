/* The editor: one file at a time, tabs for the files that matter, a menu of all. */

import { arrowKeys, button, choices, element, select, selectTab } from "./dom.js";

export class Code {
  /** `cm` is the module of CodeMirror; `onChange()` is called after each change. */
  constructor(cm, place, work, onChange) {
    this.cm = cm;
    this.work = work;
    this.onChange = onChange;
    this.states = new Map(); // by space and path: each file keeps its own history and place
    this.tabs = element("div", { role: "tablist", "aria-label": "Files", class: "play-tabs" });
    arrowKeys(this.tabs);
    this.menu = select({ id: "play-files", "aria-label": "All files" }, [], (path) => {
      this.open(path);
      this.view.focus();
    });
    this.problemLine = element("div", { id: "play-problem", class: "play-problem", role: "alert", hidden: true });
    const editor = element("div", { id: "play-editor", class: "play-editor", role: "tabpanel" });
    const note = element("p", { class: "play-quiet play-keys", id: "play-keys" });
    note.innerHTML =
      "<kbd>Ctrl</kbd>+<kbd>Enter</kbd> runs it. <kbd>Tab</kbd> indents; <kbd>Esc</kbd>, then <kbd>Tab</kbd> leaves the editor. On a Mac: <kbd>Cmd</kbd>.";
    place.append(element("div", { class: "play-row play-files" }, this.tabs, this.menu), this.problemLine, editor, note);
    this.scheme = new cm.Compartment();
    this.view = new cm.EditorView({ parent: editor });
    new MutationObserver(() => this.#followScheme()).observe(document.body, {
      attributeFilter: ["data-md-color-scheme"],
    });
  }

  /** Show the space that `work` has chosen. */
  show() {
    this.found = null;
    const { open, files } = this.work.space;
    this.tabs.replaceChildren(
      ...open.slice(0, 4).map((path) => {
        const name = path.split("/").pop();
        return button([name, element("span", { class: "play-mark" })], () => this.open(path), {
          role: "tab", "data-path": path, title: path, "aria-controls": "play-editor",
        });
      }),
    );
    choices(this.menu, Object.keys(files).sort(inOrder(open)).map((path) => [path, path]));
    this.open(this.work.mine.open);
    this.marks();
  }

  open(path) {
    if (this.key) this.states.set(this.key, this.view.state);
    this.path = path;
    this.work.mine.open = path;
    this.work.kept.save();
    this.key = `${this.work.space.name} ${path}`;
    this.view.setState(this.states.get(this.key) ?? this.#made(path));
    this.#followScheme();
    this.set(path, this.work.text(path)); // it may have changed since
    this.menu.value = path;
    selectTab(this.tabs, this.tabs.querySelector(`[data-path="${CSS.escape(path)}"]`) ?? undefined);
    if (!this.tabs.querySelector('[tabindex="0"]') && this.tabs.firstChild) this.tabs.firstChild.tabIndex = 0;
    this.#showProblem();
  }

  /** Give a file another text, from outside the editor; undo takes it back. */
  set(path, text) {
    if (path !== this.path) return;
    const doc = this.view.state.doc.toString();
    if (doc === text) return;
    let from = 0;
    while (from < Math.min(doc.length, text.length) && doc[from] === text[from]) from += 1;
    let tail = 0;
    const most = Math.min(doc.length, text.length) - from;
    while (tail < most && doc[doc.length - 1 - tail] === text[text.length - 1 - tail]) tail += 1;
    const changes = { from, to: doc.length - tail, insert: text.slice(from, text.length - tail) };
    this.view.dispatch({ changes });
  }

  /** Show the texts that `work` has now. */
  refresh() {
    this.set(this.path, this.work.text(this.path));
    this.marks();
  }

  /** Show which files have changed. */
  marks() {
    const changed = new Set(this.work.changed);
    for (const tab of this.tabs.children) {
      const is = changed.has(tab.dataset.path);
      tab.classList.toggle("play-changed", is);
      tab.querySelector(".play-mark").replaceChildren(...(is ? [element("span", { class: "play-hidden" }, " (changed)")] : []));
    }
    for (const option of this.menu.options) {
      option.textContent = changed.has(option.value) ? `${option.value} (changed)` : option.value;
    }
  }

  /** Show what an exception says, above the editor and at its line; null shows none. */
  problem(found) {
    this.found = found;
    if (found && found.file in this.work.space.files && found.file !== this.path) this.open(found.file);
    this.#showProblem();
  }

  #showProblem() {
    const { found, problemLine } = this;
    problemLine.hidden = !found;
    const isHere = Boolean(found) && found.file === this.path && found.line > 0;
    const diagnostics = [];
    if (found) {
      const where = found.file in this.work.space.files && found.line > 0;
      const go = where && button(`${found.file}, line ${found.line}`, () => this.goTo(found.file, found.line), { class: "play-link" });
      problemLine.replaceChildren(element("strong", {}, found.says), ...(go ? [" in ", go] : []));
    }
    if (isHere) {
      const line = this.view.state.doc.line(Math.min(found.line, this.view.state.doc.lines));
      const from = line.from + line.text.search(/\S|$/);
      diagnostics.push({ from, to: line.to, severity: "error", message: found.says });
    }
    this.view.dispatch(this.cm.setDiagnostics(this.view.state, diagnostics));
    if (isHere) this.#scrollTo(found.line);
  }

  goTo(path, line) {
    if (path !== this.path) this.open(path);
    this.#scrollTo(line);
    const { from } = this.view.state.doc.line(Math.min(line, this.view.state.doc.lines));
    this.view.dispatch({ selection: { anchor: from } });
    this.view.focus();
  }

  #scrollTo(number) {
    const { from } = this.view.state.doc.line(Math.min(number, this.view.state.doc.lines));
    const { scrollX, scrollY } = window;
    this.view.dispatch({ effects: this.cm.EditorView.scrollIntoView(from, { y: "center" }) });
    // The editor scrolls the window, too, which hides the buttons below the site's header.
    requestAnimationFrame(() => window.scrollTo({ left: scrollX, top: scrollY, behavior: "instant" }));
  }

  /** Return an element with the differences between two texts of a file. */
  difference(path, before, after) {
    const { cm } = this;
    const place = element("section", { class: "play-difference" }, element("h3", {}, path));
    new cm.EditorView({
      parent: place,
      doc: after,
      extensions: [
        ...this.#look(path),
        cm.EditorState.readOnly.of(true),
        cm.EditorView.editable.of(false),
        cm.EditorView.contentAttributes.of({ tabindex: "0", "aria-label": `What changed in ${path}` }),
        cm.unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: { margin: 3, minSize: 6 } }),
        this.#colours(),
      ],
    });
    return place;
  }

  #made(path) {
    const { cm } = this;
    return cm.EditorState.create({
      doc: this.work.text(path),
      extensions: [
        cm.lintGutter(),
        cm.basicSetup,
        cm.keymap.of([cm.indentWithTab]),
        ...this.#look(path),
        cm.EditorView.contentAttributes.of({ tabindex: "0", "aria-label": path, "aria-describedby": "play-keys" }),
        this.scheme.of([]),
        cm.EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          this.work.change(path, update.state.doc.toString());
          this.marks();
          this.onChange();
        }),
      ],
    });
  }

  /** The language, its indentation and its colours. */
  #look(path) {
    const { cm } = this;
    const language = { py: cm.python, js: cm.javascript, html: cm.html, css: cm.css }[path.split(".").pop()];
    return [
      ...(language ? [language()] : []),
      cm.EditorView.lineWrapping,
      cm.indentUnit.of(path.endsWith(".py") ? "    " : "  "),
      cm.syntaxHighlighting(cm.classHighlighter),
    ];
  }

  #followScheme() {
    if (this.path) this.view.dispatch({ effects: this.scheme.reconfigure(this.#colours()) });
  }

  /** The colours are variables of the theme, in play.css, by the classes of classHighlighter. */
  #colours() {
    return this.cm.EditorView.theme({}, { dark: isDark() });
  }
}

function isDark() {
  return document.body.dataset.mdColorScheme === "slate";
}

/** Sort the tabs' files first, in their order, then the rest. */
function inOrder(open) {
  const rank = (path) => (open.includes(path) ? open.indexOf(path) : open.length);
  return (a, b) => rank(a) - rank(b) || (a < b ? -1 : 1);
}
