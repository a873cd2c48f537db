/* The playground's service worker: it hands what a room's page asks for to the right server.
 *
 * A room's page lives under …/playground/at/<owner>/<server>/, where the owner is the id of
 * the window that runs the servers, and the server is a number, followed by a person
 * (…/1-ana/) if the project has accounts. Requests to such a URL never
 * reach the network: this worker passes them to the owner, which passes them to the Web
 * Worker in which Django runs. Everything else goes on as if there were no service worker.
 *
 * The browser may stop a service worker at any time, so this one keeps nothing in memory:
 * whatever it needs to know is in the URL.
 */
"use strict";

const PLACE = /^((.*\/playground\/)at\/([^/]+)\/(\d+)(?:-([a-z]+))?)\//;
const MOST_WAIT = 90_000; // milliseconds; a long poll of step 01 waits up to 25 s
const SECURITY = {
  // The pages are the course's own, with the reader's changes. They may load nothing from
  // outside, whatever a shared link has put into them.
  "Content-Security-Policy":
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'self'; frame-ancestors 'self'",
  "Cache-Control": "no-store",
};

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  const found = url.origin === self.location.origin && PLACE.exec(url.pathname);
  if (found) event.respondWith(answer(event.request, url, found));
});

// A WebSocket can't be intercepted. The class in socket.js sends us a port instead.
self.addEventListener("message", (event) => {
  const { kind, url } = event.data ?? {};
  const [port] = event.ports;
  if (kind === "who-am-i") {
    port.postMessage(event.source.id);
  } else if (kind === "socket") {
    event.waitUntil(connect(event.data, new URL(url), port));
  }
});

async function answer(request, url, [, mount, base, owner, server, person]) {
  const client = await self.clients.get(owner);
  if (!client) return gone(base);
  const body = ["GET", "HEAD"].includes(request.method) ? null : await request.arrayBuffer();
  const asked = {
    mount,
    person,
    method: request.method,
    path: url.pathname,
    query: url.search.slice(1),
    headers: [...request.headers],
    body,
  };
  const { port1, port2 } = new MessageChannel();
  client.postMessage({ kind: "http", server: Number(server), asked }, [port2]);
  return response(await incoming(port1), request, base);
}

/** Return what comes through a port: the status, the headers, and a stream of the body. */
async function incoming(port) {
  let body;
  const stream = new ReadableStream({
    start: (controller) => (body = controller),
    cancel: () => {
      port.onmessage = null; // the page no longer wants the rest
      port.postMessage("leave");
    },
  });
  const { status, headers } = await new Promise((resolve) => {
    // A server that is ended in the middle never answers.
    const late = { kind: "start", status: 504, headers: [["Content-Type", "text/plain"]] };
    const timer = setTimeout(() => {
      port.onmessage = null; // whatever comes now, this answer has been given
      resolve(late);
      body.close();
    }, MOST_WAIT);
    port.onmessage = ({ data }) => {
      clearTimeout(timer);
      if (data.kind === "start") resolve(data);
      else if (data.kind === "part") body.enqueue(data.data);
      else if (data.kind === "end") body.close();
    };
  });
  return { status, headers, body: stream };
}

/** Make a Response of what the application sent. */
async function response({ status, headers, body }, request, base) {
  const location = headers.find(([name]) => name.toLowerCase() === "location");
  if (location && [301, 302, 303, 307, 308].includes(status)) {
    return Response.redirect(new URL(location[1], request.url), status);
  }
  const made = new Headers(SECURITY);
  for (const [name, value] of headers) {
    // Browsers ignore cookies that a service worker sets; and the length changes below.
    if (/^(set-cookie|content-length|transfer-encoding)$/i.test(name)) continue;
    // A project may refuse to be shown in a frame, and the rooms are frames.
    if (/^x-frame-options$/i.test(name)) continue;
    made.append(name, /^content-security-policy$/i.test(name) ? withoutFrames(value) : value);
  }
  const empty = [101, 204, 205, 304].includes(status) || request.method === "HEAD";
  if (empty) return new Response(null, { status, headers: made });
  const isPage = /^text\/html/i.test(made.get("content-type") ?? "");
  return new Response(isPage ? await withSocket(body, base) : body, { status, headers: made });
}

function withoutFrames(policy) {
  return policy.replace(/frame-ancestors[^;,]*;?/gi, "");
}

/** Put our WebSocket in front of the page's own scripts; the page's files stay as they are. */
async function withSocket(body, base) {
  const text = await new Response(body).text();
  const script = `<script src="${base}socket.js"></script>`;
  return text.includes("<head>") ? text.replace("<head>", `<head>${script}`) : script + text;
}

function gone(base) {
  const text = `<!doctype html><html lang="en"><meta charset="utf-8"><title>No server here</title>
<p>This room's server ran in a page that has been closed.
<a href="${base}index.html" target="_top">Open the playground</a> to start another one.</p></html>`;
  return new Response(text, { status: 503, headers: { ...SECURITY, "Content-Type": "text/html" } });
}

async function connect(asked, url, port) {
  const [, mount, , owner, server, person] = PLACE.exec(url.pathname) ?? [];
  const client = owner && (await self.clients.get(owner));
  if (!client) {
    port.postMessage({ kind: "failed" });
    return;
  }
  const { protocols, origin } = asked;
  const place = { path: url.pathname, query: url.search.slice(1), mount, person };
  const opening = { ...place, protocols, origin };
  client.postMessage({ kind: "socket", server: Number(server), opening }, [port]);
}
