/* One server process of the playground: Pyodide, Django and one project in a Web Worker.
 *
 * The first worker only prepares: it starts Python, imports Django and Channels, and hands
 * the memory back as a snapshot. Each server then starts from it in a fraction of a second,
 * with nothing left of any server before it, as a new process would. Without a snapshot, a
 * server starts the slow way.
 */

import { PROJECT, save, startPython, unpack } from "./python.js";

let server; // the Python module `playground.server`
const questions = new Map(); // to the page's channel layer, by their number
let asked = 0;

self.onmessage = async ({ data, ports: [port] }) => {
  switch (data.kind) {
    case "prepare":
      return whole(() => prepare(data.files));
    case "start":
      return whole(() => start(data));
    case "http":
      return http(data.asked, port);
    case "socket":
      return socket(data.opening, port);
    case "layer":
      questions.get(data.number)?.(data.answer);
      return questions.delete(data.number);
    case "ping":
      return self.postMessage({ kind: "pong" });
  }
};

/** Run a step of the start. What goes wrong here is our fault or the browser's. */
async function whole(work) {
  try {
    await work();
  } catch (error) {
    self.postMessage({ kind: "failed", says: String(error?.stack ?? error) });
  }
}

/** Import everything once, and post a snapshot of the memory.
 *
 * With archives of one project, it continues from the snapshot that all projects start from.
 */
async function prepare(files) {
  const from = files.snapshot ? { _loadSnapshot: files.snapshot } : {};
  const { pyodide, module } = await startPython(files, { _makeSnapshot: true, ...from });
  unpack(pyodide, files);
  const own = files.archives ? "accounts" : "server";
  pyodide.runPython(`from playground import ${own}; ${own}.prepare()`);
  const snapshot = pyodide.makeMemorySnapshot();
  self.postMessage({ kind: "prepared", snapshot, module });
}

/** Start the server of a project, given as a map of paths to texts.
 *
 * `binary` has more files, in Base64. A project with people gets its `database`, if it had
 * one already; otherwise it makes one, and logs in the people of these `names`.
 */
async function start({ files, project, binary, options, database, names }) {
  const { pyodide } = await startPython(files, { _loadSnapshot: files.snapshot });
  const write = (text) => self.postMessage({ kind: "log", text });
  pyodide.setStdout({ batched: write });
  pyodide.setStderr({ batched: write });
  unpack(pyodide, files);
  for (const [path, text] of Object.entries(project)) save(pyodide, `${PROJECT}/${path}`, text);
  for (const [path, text] of Object.entries(binary)) {
    save(pyodide, `${PROJECT}/${path}`, Uint8Array.from(atob(text), (one) => one.charCodeAt(0)));
  }
  server = pyodide.pyimport("playground.server");
  if (!files.snapshot) server.prepare();
  const given = database && new Uint8Array(database);
  const problem = server.try_to_start(JSON.stringify(options), ask, given);
  if (problem) return self.postMessage({ kind: "stopped", ...JSON.parse(problem) });
  const cookies = {};
  if (options.people && !database) for (const name of names) cookies[name] = [...server.log_in(name)];
  self.postMessage({ kind: "ready", cookies });
  // Not before that: whoever gets this database must have the cookies of its sessions.
  if (options.people) server.keep(({ buffer }) => self.postMessage({ kind: "database", data: buffer }, [buffer]));
}

/** Ask the page's channel layer. */
function ask(operation, text) {
  asked += 1;
  self.postMessage({ kind: "layer", number: asked, operation, text });
  return new Promise((resolve) => questions.set(asked, resolve));
}

// ---- Pages and sockets ---------------------------------------------------------------------

function http({ body, ...request }, port) {
  const bytes = new Uint8Array(body ?? 0);
  const over = () => {
    port.close();
    queueMicrotask(() => leave.destroy()); // or Python would keep the request for ever
  };
  const leave = server.answer(JSON.stringify(request), bytes, (kind, data) => {
    if (kind === "start") port.postMessage({ kind, ...JSON.parse(data) });
    else port.postMessage({ kind, data });
    if (kind === "end") over();
  });
  port.onmessage = () => {
    leave();
    over();
  };
}

function socket(opening, port) {
  const made = server.open_socket(JSON.stringify(opening), (kind, data) => {
    if (kind === "open") port.postMessage({ kind, protocol: data });
    else if (kind === "closed") port.postMessage({ kind, ...JSON.parse(data) });
    else port.postMessage({ kind, data: data?.buffer ?? data });
    if (kind === "closed" || kind === "failed") {
      port.onmessage = null;
      port.close();
      queueMicrotask(() => made.destroy()); // not before Python has returned
    }
  });
  port.onmessage = ({ data: { kind, data, code } }) => {
    if (kind === "frame") made.hear(typeof data === "string" ? data : new Uint8Array(data));
    else if (kind === "close") made.leave(code);
  };
}
