/* What the browser keeps of a reader's work: one entry of localStorage, with a version.
 *
 * Two tabs may be open. The later save wins, except that an exercise stays solved.
 */

const KEY = "playground";
const VERSION = 1;

function empty() {
  return {
    version: VERSION,
    space: "", // the project or exercise that is open
    spaces: {}, // by its name: { changes: { path: text }, open: path, broken }
    rooms: [1, 1], // the servers of Ana and Bia
    second: false, // whether the second server runs
    layers: {}, // by project: the layer that was chosen
    exercises: {}, // by name: { solved: a date, hints: a number, seen: whether the solution was }
    predictions: {}, // by the name of a break: the letter of a choice
  };
}

export class Kept {
  /** `onRefused()` is called once, if the browser keeps nothing. */
  constructor(onRefused) {
    this.onRefused = onRefused;
    this.data = read();
    addEventListener("pagehide", () => this.timer && this.now());
  }

  /** Save soon: a key that is pressed often costs one write. */
  save() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), 300);
  }

  now() {
    clearTimeout(this.timer);
    this.timer = 0;
    const { exercises } = this.data;
    for (const [name, { solved }] of Object.entries(read().exercises)) {
      if (solved) (exercises[name] ??= {}).solved ??= solved;
    }
    try {
      localStorage.setItem(KEY, JSON.stringify(this.data));
    } catch {
      this.onRefused();
      this.onRefused = () => {};
    }
  }
}

/** Return what was kept, as far as it is what we would have written. */
function read() {
  const data = empty();
  try {
    const kept = JSON.parse(localStorage.getItem(KEY));
    if (kept?.version !== VERSION) return data;
    for (const [name, value] of Object.entries(data)) {
      const isSame = typeof kept[name] === typeof value && Array.isArray(kept[name]) === Array.isArray(value);
      if (isSame && kept[name] !== null) data[name] = kept[name];
    }
  } catch {
    // Nothing is kept, or a private window refuses.
  }
  data.rooms = [0, 1].map((index) => (data.rooms[index] === 2 ? 2 : 1));
  return data;
}
