/* Starts Python in a Web Worker, from files that the page has fetched, or from a snapshot.
 *
 * Pyodide's snapshots aren't documented (`_makeSnapshot`, `_loadSnapshot`), so its version
 * is pinned. Without a snapshot, Python starts the slow way.
 */

export const SITE_PACKAGES = "/lib/python3.14/site-packages";
export const PROJECT = "/project";

/** Start Pyodide from files that the page has fetched; return it and its compiled module. */
export async function startPython({ folder, stdlib, wasm, module, snapshot }, options) {
  const compiled = module ?? (await WebAssembly.compile(wasm));
  // Pyodide fetches these two. They are here already, and the second one is compiled.
  const fetchFile = self.fetch;
  self.fetch = async (file, ...rest) => {
    const name = String(file.url ?? file).split("/").pop();
    if (name === "python_stdlib.zip") return new Response(stdlib);
    if (name === "pyodide.asm.wasm") return new Response();
    return fetchFile(file, ...rest);
  };
  WebAssembly.instantiateStreaming = async (_, imports) => {
    const instance = await WebAssembly.instantiate(compiled, imports);
    makeRoom(instance, snapshot?.length ?? 0);
    return { instance, module: compiled };
  };
  const { loadPyodide } = await import(`${folder}pyodide.mjs`);
  const pyodide = await loadPyodide({ indexURL: folder, ...options });
  return { pyodide, module: compiled };
}

/** Let the memory of a new instance grow to the size of the snapshot that goes into it. */
function makeRoom({ exports }, bytes) {
  const memory = Object.values(exports).find((one) => one instanceof WebAssembly.Memory);
  const pages = Math.ceil((bytes - memory.buffer.byteLength) / 65_536);
  if (pages > 0) memory.grow(pages);
}

/** Put the packages and our own Python where Python finds them. They aren't in a snapshot. */
export function unpack(pyodide, { packages, archives = [], python }) {
  for (const archive of [packages, ...archives]) {
    pyodide.unpackArchive(archive, "zip", { extractDir: SITE_PACKAGES });
  }
  for (const [name, text] of Object.entries(python)) {
    save(pyodide, `${SITE_PACKAGES}/playground/${name}`, text);
  }
}

export function save({ FS }, path, text) {
  FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
  FS.writeFile(path, text);
}
