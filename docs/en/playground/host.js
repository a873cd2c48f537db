/* Runs the playground's servers for one page: fetches Python once, starts Web Workers,
 * hands them what the service worker brings, and keeps the channel layer between them.
 */

import { Site } from "./cookies.js";
import { PageLayer } from "./layer.js";

const OWN_PYTHON = ["__init__.py", "server.py", "layer.py", "accounts.py"];
// What a start fetches, in the words of the manifest; the checks of exercises come later.
const SCRIPTS = ["pyodide.mjs", "pyodide.asm.mjs", "editor.js"];
const NEEDED = ["pyodide.asm.wasm", "python_stdlib.zip", "packages.zip"];
const PING_EVERY = 1000; // milliseconds
// Checks in a row that find a server still busy, until it is stopped. Counted, not timed:
// a computer that wakes up has slept between two of them.
const MOST_MISSED = { running: 5, starting: 30 };

/** Why the playground can't run here, in a sentence; "" if it can. */
export function whyNot() {
  if (typeof WebAssembly !== "object") {
    return "This browser has no WebAssembly, which Python needs here. Every current browser has it, unless it has been turned off.";
  }
  if (!window.isSecureContext) {
    return "Browsers allow this only over https or on this computer itself (http://127.0.0.1).";
  }
  if (!("serviceWorker" in navigator)) {
    return "This browser gives this page no service workers: private windows of some browsers don't. Try a normal window.";
  }
  return "";
}

/** The files of Python, Django and Channels: fetched once, kept by the browser. */
export class Files {
  constructor(base) {
    this.base = base; // the URL of …/playground/
    this.buffers = {};
  }

  /** Return the list of what must be fetched, or null if this site comes without it. */
  async manifest() {
    const answer = await fetch(new URL("vendor/manifest.json", this.base), { cache: "no-cache" });
    if (!answer.ok) return null;
    this.list = await answer.json();
    this.folder = new URL(`vendor/${this.list.folder}/`, this.base).href;
    return this.list;
  }

  /** Fetch files by name; call `onProgress(bytes, of)` as they come. */
  async fetch(names, onProgress = () => {}) {
    const wanted = names.filter((name) => !this.buffers[name]);
    const total = wanted.reduce((sum, name) => sum + this.list.files[name].bytes, 0);
    let done = 0;
    const progress = (bytes) => onProgress((done += bytes), total);
    if (total) progress(0); // how much it will be is known before the first byte comes
    await Promise.all(
      wanted.map(async (name) => (this.buffers[name] = await this.#fetchOne(name, progress))),
    );
  }

  async #fetchOne(name, progress) {
    const url = this.folder + this.list.files[name].path;
    if (SCRIPTS.includes(name)) {
      // Fetched so that an import finds it: the browser's own cache keeps it. What comes
      // out of the network is unpacked already, so its bytes can't be counted on the way.
      const answer = await fetch(url);
      if (!answer.ok) throw failure(name, answer);
      await answer.arrayBuffer();
      progress(this.list.files[name].bytes);
      return true;
    }
    const cache = await this.#cache();
    let answer = await cache?.match(url);
    if (answer) {
      progress(this.list.files[name].bytes);
    } else {
      answer = await fetch(url);
      if (!answer.ok) throw failure(name, answer);
      answer = new Response(await counted(answer, progress));
      // Full storage costs the next visit some seconds, and nothing else.
      await cache?.put(url, answer.clone()).catch(() => {});
    }
    if (!url.endsWith(".gz")) return answer.arrayBuffer();
    return new Response(answer.body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
  }

  async #cache() {
    try {
      const name = `playground-${this.list.folder}`;
      for (const old of await caches.keys()) {
        if (old.startsWith("playground-") && old !== name) await caches.delete(old);
      }
      return await caches.open(name);
    } catch {
      return null; // a private window may refuse
    }
  }
}

function failure(name, { status }) {
  return Object.assign(new Error(name), { status });
}

async function counted(answer, progress) {
  const parts = [];
  const reader = answer.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts);
    parts.push(value);
    progress(value.length);
  }
}

/** One server: a Web Worker that is starting, running or stopped. */
class Server {
  constructor(host, number) {
    this.host = host;
    this.number = number;
    this.state = "stopped"; // "starting", "running", "stopped"
    this.sockets = new Set(); // ports to pages, to tell them when this server ends
    this.starts = 0;
  }

  /** Start with a project; what ran before ends first. Resolves with what happened.
   *
   * With a `site`, it has that database and those cookies, and keeps them there.
   */
  start(project, { packs = [], binary = {}, site = null, ...options }) {
    this.end();
    this.starts += 1;
    this.site = site;
    this.setState("starting");
    const began = performance.now();
    this.worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    return new Promise((resolve) => {
      this.resolve = (result) => {
        resolve({ ...result, ms: Math.round(performance.now() - began) });
        this.resolve = () => {};
      };
      this.worker.onmessage = ({ data }) => this.#hear(data);
      this.worker.onerror = ({ message }) => this.#hear({ kind: "failed", says: message });
      const pid = 1000 * this.number + this.starts;
      const mount = this.host.mount(this.number);
      const given = { ...options, port: this.host.port + this.number - 1, pid, mount };
      const files = this.host.filesFor(packs);
      const { database = null, names = [] } = site ?? {};
      this.worker.postMessage({ kind: "start", files, project, binary, options: given, database, names });
      this.isAsked = false;
      this.watch = setInterval(() => this.#look(), PING_EVERY);
    });
  }

  /** End it as if the process had been killed: its pages' sockets close with 1006. */
  end(why) {
    clearInterval(this.watch);
    this.worker?.terminate();
    this.worker = null;
    for (const port of this.sockets) port.postMessage({ kind: "closed", code: 1006, wasClean: false });
    this.sockets.clear();
    this.host.layer.forget(this.number);
    this.resolve?.({ kind: "ended", says: why });
    if (this.state !== "stopped") this.setState("stopped", why);
  }

  setState(state, why) {
    this.state = state;
    this.host.onState(this.number, state, why);
  }

  http(asked, port) {
    if (this.state !== "running") return notRunning(this.state, port);
    const jar = this.site?.jar(asked.person);
    if (!jar) return this.worker.postMessage({ kind: "http", asked }, [port]);
    // Through us, to keep the cookies of the answer.
    const { port1, port2 } = new MessageChannel();
    port.onmessage = ({ data }) => {
      port1.postMessage(data); // the page no longer wants the rest
      port1.close();
    };
    port1.onmessage = ({ data }) => {
      if (data.kind === "start") jar.keep(data.headers);
      port.postMessage(data);
      if (data.kind !== "end") return;
      port1.close();
      port.close();
    };
    this.worker.postMessage({ kind: "http", asked: { ...asked, cookies: jar.header() } }, [port2]);
  }

  socket(opening, port) {
    if (this.state !== "running") return port.postMessage({ kind: "failed" });
    // Through us, so that we can tell the page if the worker is ended from outside.
    const { port1, port2 } = new MessageChannel();
    this.sockets.add(port);
    const cookies = this.site?.jar(opening.person)?.header();
    port.onmessage = ({ data }) => port1.postMessage(data);
    port1.onmessage = ({ data }) => {
      port.postMessage(data);
      if (data.kind !== "closed" && data.kind !== "failed") return;
      this.sockets.delete(port);
      port1.close();
      port.close();
    };
    this.worker.postMessage({ kind: "socket", opening: { ...opening, cookies } }, [port2]);
  }

  #hear(data) {
    switch (data.kind) {
      case "ready":
        if (this.site) this.site.logIn(data.cookies);
        this.setState("running");
        return this.resolve({ kind: "ready" });
      case "stopped": // the project's own code raised an exception
      case "failed": // Python didn't start at all
        this.resolve(data);
        return this.end(data.says);
      case "database":
        if (this.site) this.site.database = data.data;
        return;
      case "pong":
        this.isAsked = false;
        return;
      case "log":
        return this.host.onLog(this.number, data.text);
      case "layer":
        return this.host.layer.ask(this.number, data, (answer) =>
          this.worker?.postMessage({ kind: "layer", number: data.number, answer }),
        );
    }
  }

  /** Stop a server whose event loop doesn't turn: code that never ends, or never awaits. */
  #look() {
    if (!this.isAsked) {
      this.isAsked = true;
      this.missed = 0;
      this.worker.postMessage({ kind: "ping" });
      return;
    }
    this.missed += 1;
    const most = MOST_MISSED[this.state];
    if (this.missed < most) return;
    const text = `Stopped: for ${most} seconds, the server did nothing else than run one piece of code. Is there a loop that never ends, or never awaits?`;
    this.host.onLog(this.number, text);
    this.end(text);
  }
}

/** Answer for a server that doesn't run. */
function notRunning(state, port) {
  const why = state === "starting" ? "The server is starting. This page loads when it’s ready." : "The server has stopped. Press Run to start it again.";
  const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>No server</title></head><body><p>${why}</p></body></html>`;
  const headers = [["Content-Type", "text/html; charset=utf-8"]];
  port.postMessage({ kind: "start", status: 502, headers });
  port.postMessage({ kind: "part", data: new TextEncoder().encode(page) });
  port.postMessage({ kind: "end" });
}

/** Return the snapshot that a worker makes after it has imported what these files are for. */
async function prepared(files) {
  const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  const made = await new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => resolve({ kind: "failed", says: message });
    worker.postMessage({ kind: "prepare", files });
  });
  worker.terminate();
  if (made.kind === "failed") throw new Error(made.says);
  return made;
}

/** Return the service worker of a registration, once it is active. */
async function activeOf({ active, waiting, installing }) {
  if (active) return active;
  const worker = installing ?? waiting;
  await new Promise((resolve, reject) => {
    worker.addEventListener("statechange", () => {
      if (worker.state === "activated") resolve();
      else if (worker.state === "redundant") reject(new Error("The service worker ended."));
    });
  });
  return worker;
}

export class Host {
  port = 8003; // of the first server, as the labels show it
  onLog = () => {};
  onState = () => {};
  onLayer = () => {};

  constructor(base) {
    this.base = base;
    this.source = new Files(base);
    this.layer = new PageLayer((state) => this.onLayer(state));
    this.servers = new Map();
    this.sites = new Map();
    this.packed = new Map(); // files with packs, by the names of these
  }

  /** Return what outlives the servers of a project with accounts, until this page closes. */
  site(name, names) {
    if (!this.sites.has(name)) this.sites.set(name, new Site(names));
    return this.sites.get(name);
  }

  /** How many bytes the first start fetches. */
  get size() {
    const { files } = this.source.list;
    return [...SCRIPTS, ...NEEDED].reduce((sum, name) => sum + (files[name]?.bytes ?? 0), 0);
  }

  /** Register the service worker, once: a second try may begin before the first has ended. */
  register() {
    this.registering ??= this.#register().catch((error) => {
      this.registering = null;
      throw error;
    });
    return this.registering;
  }

  /** Register the service worker and learn by which id it finds this page. */
  async #register() {
    try {
      const url = new URL("sw.js", this.base);
      const active = await activeOf(await navigator.serviceWorker.register(url));
      this.owner = await new Promise((resolve, reject) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => resolve(data);
        active.postMessage({ kind: "who-am-i" }, [port2]);
        setTimeout(() => reject(new Error("The service worker doesn't answer.")), 10_000);
      });
    } catch (cause) {
      const says =
        "Your browser refused the playground's service worker, which carries pages to its servers. Blocked cookies and private windows do that: try a normal window.";
      throw Object.assign(new Error("service worker", { cause }), { says });
    }
    navigator.serviceWorker.addEventListener("message", ({ data, ports: [port] }) => {
      const server = this.server(data.server);
      if (data.kind === "http") server.http(data.asked, port);
      else if (data.kind === "socket") server.socket(data.opening, port);
    });
    navigator.serviceWorker.startMessages();
  }

  /** Fetch Python and prepare the snapshot; call `onProgress(bytes, of)`, then `onStep(text)`. */
  async load(onProgress, onStep = () => {}) {
    const names = [...SCRIPTS, ...NEEDED].filter((name) => name in this.source.list.files);
    const own = Promise.all(
      OWN_PYTHON.map(async (name) => {
        const answer = await fetch(new URL(`python/${name}`, this.base), { cache: "no-cache" });
        if (!answer.ok) throw failure(name, answer);
        return [name, await answer.text()];
      }),
    );
    // All together: a promise that fails before anybody awaits it is an error in the page.
    const [python] = await Promise.all([own, this.source.fetch(names, onProgress), this.register()]);
    onStep("Starting Python and importing Django …");
    const { buffers, folder } = this.source;
    const files = {
      folder,
      wasm: buffers["pyodide.asm.wasm"],
      stdlib: buffers["python_stdlib.zip"],
      packages: buffers["packages.zip"],
      python: Object.fromEntries(python),
    };
    const { snapshot, module } = await prepared(files);
    this.files = { ...files, wasm: null, snapshot, module };
  }

  /** Fetch the packs that only some project needs, and prepare its snapshot, once. */
  prepare(packs, onProgress, onStep) {
    this.preparing ??= this.#prepare(packs, onProgress, onStep).finally(() => {
      this.preparing = null;
    });
    return this.preparing;
  }

  async #prepare(packs, onProgress, onStep) {
    await this.source.fetch(packs, onProgress);
    onStep("Importing the packages of this project …");
    const archives = packs.map((name) => this.source.buffers[name]);
    const files = { ...this.files, archives };
    const { snapshot } = await prepared(files);
    this.packed.set(packs.join(), { ...files, snapshot });
    onStep("");
  }

  /** Return what a server starts from that needs these packs, if it's there. */
  filesFor(packs) {
    return packs.length ? this.packed.get(packs.join()) : this.files;
  }

  /** Return a server by its number, from 1. */
  server(number) {
    if (!this.servers.has(number)) this.servers.set(number, new Server(this, number));
    return this.servers.get(number);
  }

  /** Return the path under which a server's pages are, or those of one person with cookies. */
  mount(number, person) {
    const place = person ? `${number}-${person}` : number;
    return `${new URL(this.base).pathname}at/${this.owner}/${place}`;
  }
}
