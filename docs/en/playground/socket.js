/* A WebSocket whose server is a Web Worker: the same interface, without a network.
 *
 * https://websockets.spec.whatwg.org/#the-websocket-interface
 *
 * The service worker puts this script in front of a room page's own scripts, so that the
 * step's room.js and wire.js stay byte for byte what they are. A classic script, because it
 * must have run before the page's modules do.
 */
(() => {
  "use strict";

  const PLACE = /^(.*\/playground\/at\/[^/]+\/\d+(?:-[a-z]+)?)\//;
  const Real = window.WebSocket;
  const utf8 = new TextEncoder();
  const live = new Set(); // the ports of sockets that haven't closed
  const TOKEN = /^[!#$%&'*+\-.^_`|~\w]+$/; // RFC 6455, section 4.1: a subprotocol's name

  class WebSocket extends EventTarget {
    #port;
    #state = 0;
    #url;
    #protocol = "";
    #handlers = {};
    binaryType = "blob";

    constructor(url, protocols = []) {
      super();
      this.#url = parsed(url);
      const names = typeof protocols === "string" ? [protocols] : [...protocols];
      if (new Set(names).size < names.length || !names.every((name) => TOKEN.test(name))) {
        throw new DOMException(`The subprotocols ${names} are invalid or repeated.`, "SyntaxError");
      }
      const { port1, port2 } = new MessageChannel();
      this.#port = port1;
      live.add(port1);
      port1.onmessage = ({ data }) => this.#hear(data);
      const opening = { kind: "socket", url: this.#url.href, protocols: names };
      navigator.serviceWorker.ready.then(({ active }) =>
        active.postMessage({ ...opening, origin: location.origin }, [port2]),
      );
    }

    get url() {
      return this.#url.href;
    }
    get readyState() {
      return this.#state;
    }
    get protocol() {
      return this.#protocol;
    }
    get extensions() {
      return "";
    }
    get bufferedAmount() {
      return 0; // a message to a worker never waits in a buffer
    }

    send(data) {
      if (this.#state === WebSocket.CONNECTING) {
        throw new DOMException("Still in CONNECTING state.", "InvalidStateError");
      }
      if (this.#state !== WebSocket.OPEN) return;
      if (data instanceof Blob) {
        data.arrayBuffer().then((bytes) => this.#port.postMessage({ kind: "frame", data: bytes }));
      } else if (data instanceof ArrayBuffer) {
        this.#port.postMessage({ kind: "frame", data: data.slice(0) });
      } else if (ArrayBuffer.isView(data)) {
        const { buffer, byteOffset, byteLength } = data;
        const copy = buffer.slice(byteOffset, byteOffset + byteLength);
        this.#port.postMessage({ kind: "frame", data: copy });
      } else {
        // As the browser does: what isn't Unicode becomes U+FFFD.
        this.#port.postMessage({ kind: "frame", data: String(data).toWellFormed?.() ?? `${data}` });
      }
    }

    close(code, reason = "") {
      if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
        const text = `The close code must be 1000, or between 3000 and 4999. ${code} is neither.`;
        throw new DOMException(text, "InvalidAccessError");
      }
      if (utf8.encode(reason).length > 123) {
        throw new DOMException("The reason must not be longer than 123 bytes.", "SyntaxError");
      }
      if (this.#state >= WebSocket.CLOSING) return;
      this.#state = WebSocket.CLOSING;
      // 1005: "no code was present"; 1000 needs to be asked for.
      this.#port.postMessage({ kind: "close", code: code ?? 1005, reason });
    }

    #hear({ kind, data, protocol, code, reason = "", wasClean = true }) {
      if (kind === "open" && this.#state === WebSocket.CONNECTING) {
        this.#state = WebSocket.OPEN;
        this.#protocol = protocol ?? "";
        this.dispatchEvent(new Event("open"));
      } else if (kind === "frame" && this.#state === WebSocket.OPEN) {
        const asBlob = typeof data !== "string" && this.binaryType === "blob";
        const content = asBlob ? new Blob([data]) : data;
        const origin = this.#url.origin;
        this.dispatchEvent(new MessageEvent("message", { data: content, origin }));
      } else if (kind === "closed" && this.#state !== WebSocket.CLOSED) {
        this.#end(code, reason, wasClean);
      } else if (kind === "failed" && this.#state !== WebSocket.CLOSED) {
        this.#state = WebSocket.CLOSED;
        this.dispatchEvent(new Event("error"));
        this.#end(1006, "", false);
      }
    }

    #end(code, reason, wasClean) {
      this.#state = WebSocket.CLOSED;
      this.dispatchEvent(new CloseEvent("close", { code, reason, wasClean }));
      this.#port.close();
      live.delete(this.#port);
    }

    // onopen and its siblings.
    static {
      for (const type of ["open", "message", "error", "close"]) {
        Object.defineProperty(this.prototype, `on${type}`, {
          get() {
            return this.#handlers[type] ?? null;
          },
          set(handler) {
            this.removeEventListener(type, this.#handlers[type]);
            this.#handlers[type] = typeof handler === "function" ? handler : null;
            this.addEventListener(type, this.#handlers[type]);
          },
        });
      }
      ["CONNECTING", "OPEN", "CLOSING", "CLOSED"].forEach((name, value) => {
        const constant = { value, enumerable: true };
        Object.defineProperty(this, name, constant);
        Object.defineProperty(this.prototype, name, constant);
      });
    }
  }

  /** Return the URL of a socket; it is on this page's own server, or it is a mistake. */
  function parsed(address) {
    let url;
    try {
      url = new URL(address, location.href);
    } catch {
      throw new DOMException(`The URL '${address}' is invalid.`, "SyntaxError");
    }
    url.protocol = { "http:": "ws:", "https:": "wss:" }[url.protocol] ?? url.protocol;
    if (!["ws:", "wss:"].includes(url.protocol)) {
      const text = `The URL's scheme must be either 'ws' or 'wss'. '${url.protocol}' is not allowed.`;
      throw new DOMException(text, "SyntaxError");
    }
    if (url.hash || `${address}`.endsWith("#")) {
      throw new DOMException(`The URL contains a fragment ('${url.hash}').`, "SyntaxError");
    }
    // A room's page knows its server as the host. In here, that is the place in the URL.
    const [, mount] = PLACE.exec(location.pathname) ?? [];
    if (mount && url.host === location.host && !PLACE.test(url.pathname)) {
      url.pathname = mount + url.pathname;
    }
    return url;
  }

  // Pages outside the playground's rooms keep the browser's own class.
  window.WebSocket = PLACE.test(location.pathname) ? WebSocket : Real;

  // A browser that leaves a page closes its sockets with 1001. A port closes in silence.
  window.addEventListener("pagehide", () => {
    for (const port of live) port.postMessage({ kind: "close", code: 1001, reason: "" });
  });
})();
