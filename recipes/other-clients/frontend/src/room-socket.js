// A socket into a room that reconnects. There's no framework in it: React and Vue wrap it.

const FIRST_WAIT = 500; // milliseconds before reconnecting, doubled after each failure
const LONGEST_WAIT = 30_000;
const OUR_CODES = 4000; // close codes from here on come from our server, with a reason

/** Open a room. Returns `send` and `close`; after `close`, no handler is called again. */
export function openRoom(url, { onMessage, onStatus }) {
  let socket;
  let isClosed = false;
  let wait = FIRST_WAIT;
  // Not at once. In development, React's StrictMode runs each effect, cleans it up, and
  // runs it again. The first run is cleaned up before this timer: it opens no socket.
  let timer = setTimeout(connect);

  function connect() {
    socket = new WebSocket(url);
    socket.addEventListener("open", () => {
      wait = FIRST_WAIT;
      if (!isClosed) onStatus("open");
    });
    socket.addEventListener("message", ({ data }) => {
      if (!isClosed) onMessage(JSON.parse(data));
    });
    socket.addEventListener("close", ({ code }) => {
      if (isClosed) return; // by us: reconnecting would leave a second socket open
      onStatus("closed", code);
      if (code >= OUR_CODES) return; // refused: the same request would be refused again
      // A random time, so that a thousand pages don't come at once after a restart.
      timer = setTimeout(connect, wait * (0.5 + Math.random() / 2));
      wait = Math.min(wait * 2, LONGEST_WAIT);
    });
  }

  return {
    /** Send a message; returns false if there's no connection at the moment. */
    send(message) {
      if (socket?.readyState !== WebSocket.OPEN) return false;
      socket.send(JSON.stringify(message));
      return true;
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      socket?.close();
    },
  };
}
