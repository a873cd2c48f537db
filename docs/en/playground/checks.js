/* Checks a solution of an exercise in the page: the checks, the sentences and the limits of
 * time are those of `python3 -m course exercise`. Each check runs in a Web Worker of its own.
 */

const OWN_PYTHON = ["loop.py", "checking.py"];
const STARTING = 30_000; // milliseconds until a worker must have begun with the checks
const GRACE = 4_000; // milliseconds beyond a check's own limit, which ends it more gently
const LIMIT = 60_000; // milliseconds for all checks, as on the command line

/** Runs one check at a time. */
export class Checker {
  constructor(host) {
    this.host = host;
  }

  /** Fetch pytest and prepare a snapshot, unless that has been done; Python itself first. */
  load(onProgress = () => {}, onStep = () => {}) {
    this.loading ??= this.#load(onProgress, onStep).catch((error) => {
      this.loading = null; // the next one may try again
      throw error;
    });
    return this.loading;
  }

  async #load(onProgress, onStep) {
    const { host } = this;
    if (!host.files) await host.load(onProgress, onStep);
    const [content, own] = await Promise.all([
      fetched(new URL("content.json", host.base)).then((answer) => answer.json()),
      Promise.all(
        OWN_PYTHON.map(async (name) => {
          const answer = await fetched(new URL(`python/${name}`, host.base));
          return [name, await answer.text()];
        }),
      ),
      host.source.fetch(["checks.zip"], onProgress),
    ]);
    onStep("Importing pytest …");
    const files = {
      ...host.files,
      python: { ...host.files.python, ...Object.fromEntries(own) },
      checks: host.source.buffers["checks.zip"],
      course: content.checking,
    };
    const snapshot = await this.#prepare(files);
    this.files = { ...files, snapshot };
  }

  #prepare(files) {
    const worker = makeWorker();
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => {
        if (data.kind === "prepared") resolve(data.snapshot);
        else reject(new Error(data.says));
      };
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage({ kind: "prepare", files });
    }).finally(() => worker.terminate());
  }

  /** Run the checks of an exercise against all files of a solution, a map of paths to texts.
   *
   * `onResult(result, results)` gets each result as it comes, and all as they are then: a
   * name, sentence, state ("passed", "failed", "waiting"), says, trace and printed.
   * Resolves with `solved`, `results`, `notes`, `trouble` (what kept the checks from running)
   * and `stopped`.
   */
  async check(exercise, files, { onResult = () => {}, onProgress, onStep } = {}) {
    this.stop();
    const run = new Run(onResult);
    this.run = run;
    await this.load(onProgress, onStep);
    if (run.isOver) return run.outcome; // stopped meanwhile
    const { name, checks } = exercise;
    return run.start({ kind: "check", files: this.files, name, checks, project: files });
  }

  /** End the check that is running, if one is. */
  stop() {
    this.run?.end({ stopped: true });
  }
}

/** One run of the checks. */
class Run {
  isOver = false;
  running = ""; // the name of the check that is running
  outcome = { solved: false, results: [], notes: [], trouble: "", stopped: false };

  reported = new Set(); // names of checks

  constructor(onResult) {
    this.onResult = onResult;
  }

  start(message) {
    return new Promise((resolve) => {
      this.resolve = resolve;
      this.worker = makeWorker();
      this.worker.onmessage = ({ data }) => this.#hear(data);
      this.worker.onerror = ({ message }) => this.#crash(message);
      this.worker.postMessage(message);
      this.#wait(STARTING);
      this.whole = setTimeout(() => this.#timeIsUp(), LIMIT);
    });
  }

  /** End the run with what is known now, and with something more to say about it. */
  end(more) {
    if (this.isOver) return;
    this.isOver = true;
    clearTimeout(this.limit);
    clearTimeout(this.whole);
    this.worker?.terminate();
    Object.assign(this.outcome, more);
    this.resolve?.(this.outcome);
  }

  #hear({ kind, data, said, says }) {
    if (this.isOver) return;
    switch (kind) {
      case "limit": // how many seconds the check has that begins, or null between two
        return this.#wait(data && data * 1000 + GRACE);
      case "results":
        this.#keep(data);
        this.last = this.outcome.results; // if the run ended now, the running one failed
        if (this.running) this.outcome.results = this.last.map((one) => this.#asWaiting(one));
        return this.#report();
      case "ended":
        this.#keep(data);
        if (!data.results.length && !data.trouble) {
          this.outcome.trouble = `The checks didn't run. Python says:\n${said.join("\n")}`;
        }
        this.#report();
        return this.end({});
      case "failed":
        return this.#crash(says);
    }
  }

  #keep({ running, ...outcome }) {
    this.running = running;
    Object.assign(this.outcome, outcome);
  }

  #report() {
    const { results } = this.outcome;
    for (const one of results) {
      if (one.state === "waiting" || this.reported.has(one.name)) continue;
      this.reported.add(one.name);
      this.onResult(one, results);
    }
  }

  #asWaiting(one) {
    return one.name === this.running ? { ...one, state: "waiting", says: "", trace: "" } : one;
  }

  #wait(milliseconds) {
    clearTimeout(this.limit);
    if (milliseconds) this.limit = setTimeout(() => this.#timeIsUp(), milliseconds);
  }

  #timeIsUp() {
    if (this.running) this.outcome.results = this.last;
    else this.outcome.trouble = "The checks took too long to run here.";
    this.#report();
    this.end({ solved: false });
  }

  /** Python itself has ended, because its memory is full, or its stack. */
  #crash(says) {
    const why = String(says).split("\n", 1)[0];
    if (this.running) {
      this.outcome.results = this.outcome.results.map((one) => {
        if (one.name !== this.running) return one;
        return { ...one, state: "failed", says: `Your code ended Python itself during this check: ${why}` };
      });
      this.#report();
    } else {
      this.outcome.trouble = `Python stopped while it ran the checks: ${why}`;
    }
    this.end({ solved: false });
  }
}

function makeWorker() {
  return new Worker(new URL("check-worker.js", import.meta.url), { type: "module" });
}

async function fetched(url) {
  const answer = await fetch(url, { cache: "no-cache" });
  if (!answer.ok) throw new Error(`${url} answers with ${answer.status}.`);
  return answer;
}
