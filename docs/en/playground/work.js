/* What the reader works on: a project of content.json, or an exercise, and its changes.
 *
 * Both are a "space": a set of files, of which the reader may change some. Each space keeps
 * its own changes, so that going to another one and back loses nothing.
 */

export class Work {
  constructor(content, kept) {
    this.content = content;
    this.kept = kept;
    this.spaces = new Map();
    for (const project of Object.values(content.projects)) {
      this.spaces.set(project.name, { ...project, files: this.#filesOf(project), exercise: null });
    }
    for (const exercise of content.exercises) {
      const project = this.spaces.get(exercise.project);
      if (!project) continue;
      const space = { ...project, ...pageOf(exercise), name: `exercise:${exercise.name}`, exercise, note: "" };
      space.files = without({ ...blank(exercise.edit), ...project.files, ...exercise.files });
      const own = Object.keys(exercise.files).filter((path) => !(path in project.files));
      const open = [...new Set([...exercise.edit, ...own, ...project.open])];
      space.open = open.filter((path) => path in space.files);
      this.spaces.set(space.name, space);
    }
    const first = this.spaces.has("03") ? "03" : this.spaces.keys().next().value;
    this.last = this.spaces.has(kept.data.space) ? kept.data.space : first;
    this.choose(this.spaces.get(this.last).later ? first : this.last);
  }

  /** Fetch the files of a project that has them in a file of its own, unless it's done. */
  async complete(name, base) {
    const space = this.spaces.get(name);
    if (!space?.later) return;
    const answer = await fetch(new URL(space.later, base), { cache: "no-cache" });
    if (!answer.ok) throw new Error(`${space.later}: ${answer.status}`);
    Object.assign(space, await answer.json(), { later: "" });
  }

  /** A project may be written as what differs from another one; null is a file less. */
  #filesOf({ base, files = {} }) {
    if (!base) return without(files);
    return without({ ...this.#filesOf(this.content.projects[base]), ...files });
  }

  choose(name) {
    this.space = this.spaces.get(name);
    this.kept.data.space = name;
    const mine = (this.kept.data.spaces[name] ??= {});
    if (typeof mine.changes !== "object" || !mine.changes) mine.changes = {};
    // A newer course may have lost a file, or changed it to what the reader made of it.
    for (const path of Object.keys(mine.changes)) {
      if (!(path in this.space.files)) delete mine.changes[path];
    }
    if (mine.broken && !this.content.breaks.some((one) => one.name === mine.broken.name)) {
      delete mine.broken;
    }
    if (!(mine.open in this.space.files)) mine.open = this.space.open[0];
    this.mine = mine;
    this.kept.save();
  }

  /** The reader's version of a file. */
  text(path) {
    return this.mine.changes[path] ?? this.space.files[path];
  }

  /** All files, as the server gets them. */
  files() {
    return { ...this.space.files, ...this.mine.changes };
  }

  change(path, text) {
    if (text === this.space.files[path]) delete this.mine.changes[path];
    else this.mine.changes[path] = text;
    this.kept.save();
  }

  get changed() {
    return Object.keys(this.mine.changes).sort();
  }
}

/** How an exercise is served, if it differs from its project. */
function pageOf({ migrate, page }) {
  return { ...(page !== undefined && { page }), ...(migrate !== undefined && { migrate }) };
}

function blank(paths) {
  return Object.fromEntries(paths.map((path) => [path, ""]));
}

function without(files) {
  return Object.fromEntries(Object.entries(files).filter(([, text]) => text !== null));
}
