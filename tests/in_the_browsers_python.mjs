// Runs a program in the playground's Python, from the playground's own files:
// node in_the_browsers_python.mjs VENDOR FOLDER PROGRAM [ARCHIVE ...]
// FOLDER gets the unpacked files, and is the project's folder in there, too.
import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";
import { pathToFileURL } from "node:url";

const [vendor, folder, program, ...archives] = process.argv.slice(2);
const manifest = JSON.parse(fs.readFileSync(path.join(vendor, "manifest.json"), "utf-8"));
const bytes = (name) => {
  const file = path.join(vendor, manifest.folder, manifest.files[name].path);
  const content = fs.readFileSync(file);
  return file.endsWith(".gz") ? new Uint8Array(zlib.gunzipSync(content)) : content;
};
for (const name of ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip"]) {
  fs.writeFileSync(path.join(folder, name), bytes(name));
}
globalThis.fetch = () => Promise.reject(new Error("Nothing may be fetched."));
const { loadPyodide } = await import(pathToFileURL(path.join(folder, "pyodide.mjs")));
try {
  const python = await loadPyodide({
    indexURL: `${folder}/`,
    lockFileContents: bytes("pyodide-lock.json").toString(),
  });
  for (const name of archives) {
    python.unpackArchive(bytes(name), "zip", { extractDir: "/lib/python3.14/site-packages" });
  }
  python.FS.mkdirTree("/project");
  python.FS.mount(python.FS.filesystems.NODEFS, { root: path.join(folder, "project") }, "/project");
  console.log(await python.runPythonAsync(fs.readFileSync(program, "utf-8")));
} catch (error) {
  // Not as it is: Node.js would print the line, which is a megabyte.
  console.error(error.message);
  process.exitCode = 1;
}
