/* What outlives a server of a project with accounts: its database, and the rooms' cookies.
 *
 * A service worker's answer can't set cookies, and both rooms would have the same ones. So
 * the page keeps some for each person: who asks is in the URL of the room.
 */

export class Site {
  database = null; // the file, as the last server left it

  constructor(names) {
    this.names = names;
    this.jars = new Map(names.map((name) => [name, new Jar()]));
  }

  jar(person) {
    return this.jars.get(person);
  }

  /** Give people the cookies of a session: `cookies` has [name, value] for each of them. */
  logIn(cookies = {}) {
    for (const [person, [name, value]] of Object.entries(cookies)) {
      this.jars.set(person, new Jar([[name, value]]));
    }
  }
}

class Jar {
  constructor(cookies = []) {
    this.cookies = new Map(cookies);
  }

  /** Return the header with all cookies. */
  header() {
    return [...this.cookies].map((pair) => pair.join("=")).join("; ");
  }

  /** Keep the cookies that an answer sets, and delete those that it ends. */
  keep(headers) {
    for (const [header, text] of headers) {
      if (header.toLowerCase() !== "set-cookie") continue;
      const [pair, ...attributes] = text.split(";");
      const at = pair.indexOf("=");
      const name = pair.slice(0, at).trim();
      if (attributes.some(isOver)) this.cookies.delete(name);
      else this.cookies.set(name, pair.slice(at + 1).trim());
    }
  }
}

function isOver(attribute) {
  const [, seconds] = /^\s*max-age\s*=\s*(-?\d+)\s*$/i.exec(attribute) ?? [];
  return seconds !== undefined && Number(seconds) <= 0;
}
