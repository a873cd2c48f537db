/* A link that carries a change: #try=<version>.<JSON, deflated, in base64url>.
 *
 * The fragment of a URL never reaches a server.
 */

const VERSION = 1;
const START = "#try=";
const LARGEST = 500_000; // characters of a change, whatever a link claims to hold

/** Return the URL that carries these changes to a project. */
export async function linkOf({ project, layer, rooms, second }, changes, files) {
  const bases = {};
  for (const path of Object.keys(changes)) bases[path] = await fingerprint(files[path]);
  const text = JSON.stringify({ project, layer, rooms, second, changes, bases });
  const packed = await through(new CompressionStream("deflate-raw"), new TextEncoder().encode(text));
  const url = new URL(location.href);
  url.search = "";
  url.hash = `${START}${VERSION}.${toBase64(packed)}`;
  return url.href;
}

/** Whether the page was opened with such a link. */
export function isShared() {
  return location.hash.startsWith(START);
}

/** Return what the link of this page carries, or { problem: a sentence }.
 *
 * `complete(name)` is called before the files of a project are needed.
 */
export async function shared(spaces, complete) {
  const [version, packed] = location.hash.slice(START.length).split(/\.(.*)/);
  if (version !== String(VERSION)) {
    return { problem: "This link was made for another version of the playground, so its change can't be shown." };
  }
  try {
    const bytes = await through(new DecompressionStream("deflate-raw"), fromBase64(packed));
    const given = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (!(await complete(given.project))) return { problem: "The files of this link’s project didn’t arrive." };
    const space = spaces.get(given.project);
    const paths = Object.keys(given.changes);
    const isFitting = paths.every((path) => path in space.files && typeof given.changes[path] === "string");
    if (!isFitting || !paths.length) throw new Error("not a change to this project");
    const prints = await Promise.all(paths.map((path) => fingerprint(space.files[path])));
    const isOld = paths.some((path, index) => given.bases?.[path] !== prints[index]);
    return { ...given, isOld };
  } catch {
    return { problem: "This link is broken: perhaps its end was cut off." };
  }
}

/** Remove the change from the address, so that a reload doesn't ask again. */
export function forget() {
  history.replaceState(null, "", `${location.pathname}${location.search}`);
}

async function fingerprint(text) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return toBase64(new Uint8Array(digest).subarray(0, 6));
}

async function through(transform, bytes) {
  const reader = new Blob([bytes]).stream().pipeThrough(transform).getReader();
  const parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(parts).arrayBuffer());
    size += value.length;
    if (size > LARGEST) throw new Error("too large");
    parts.push(value);
  }
}

function toBase64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64(text) {
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
