/* Checks a solution of an exercise in a Web Worker, with pytest and the course's own checks.
 *
 * As with the servers (worker.js), one worker prepares: it starts from their snapshot of the
 * memory, imports pytest and what the checks need, and hands back another snapshot. Each
 * check then runs in a worker of its own, which the page ends: nothing is left of the check
 * before.
 *
 * pytest doesn't return to the browser until it has finished. What it posts arrives all the
 * same, so the page sees each result at once, and can end a worker that hangs.
 */

import { PROJECT, SITE_PACKAGES, save, startPython, unpack } from "./python.js";

const COURSE = "/course"; // as in python/checking.py

self.onmessage = async ({ data }) => {
  try {
    await (data.kind === "prepare" ? prepare(data.files) : check(data));
  } catch (error) {
    self.postMessage({ kind: "failed", says: String(error?.stack ?? error) });
  }
};

/** Import everything once, and post a snapshot of the memory. */
async function prepare(files) {
  const options = { _makeSnapshot: true, _loadSnapshot: files.snapshot };
  const { pyodide } = await startPython(files, options);
  unpackAll(pyodide, files);
  pyodide.runPython("from playground import checking; checking.prepare()");
  self.postMessage({ kind: "prepared", snapshot: pyodide.makeMemorySnapshot() });
}

/** Run the checks of an exercise against the files of a project, and post how they go. */
async function check({ files, name, checks, project }) {
  const { pyodide } = await startPython(files, { _loadSnapshot: files.snapshot });
  unpackAll(pyodide, files);
  const ignore = { batched: () => {} }; // what pytest writes for a terminal
  pyodide.setStdout(ignore);
  const said = []; // what Python says if the checks don't run at all
  pyodide.setStderr({ batched: (text) => said.push(text) });
  saveAll(pyodide, `${COURSE}/exercises/${name}`, checks);
  saveAll(pyodide, PROJECT, project);
  const checking = pyodide.pyimport("playground.checking");
  checking.run(name, (kind, json) => {
    self.postMessage({ kind, data: JSON.parse(json), said: said.slice(-5) });
  });
}

function unpackAll(pyodide, files) {
  unpack(pyodide, files);
  pyodide.unpackArchive(files.checks, "zip", { extractDir: SITE_PACKAGES });
  saveAll(pyodide, COURSE, files.course);
  pyodide.FS.mkdirTree(PROJECT);
}

function saveAll(pyodide, folder, files) {
  for (const [path, text] of Object.entries(files)) save(pyodide, `${folder}/${path}`, text);
}
