// A socket that opens again by itself: phones sleep, and servers restart.

const LONGEST_REST = 5000; // ms between two attempts

/** Keep a socket open. `on.event(data)`, `on.open()` and `on.close()` are called. */
export function keepOpen(path, on) {
  let socket;
  let tries = 0;
  let timer;

  function open() {
    clearTimeout(timer);
    socket = new WebSocket(`ws://${location.host}${path}`);
    socket.addEventListener("open", () => {
      tries = 0;
      on.open?.();
    });
    socket.addEventListener("message", ({ data }) => on.event(JSON.parse(data)));
    socket.addEventListener("close", ({ target }) => {
      if (target !== socket) return; // replaced meanwhile
      on.close?.();
      tries += 1;
      timer = setTimeout(open, Math.min(LONGEST_REST, 250 * 2 ** tries) * (0.5 + Math.random()));
    });
  }

  /** Try at once: the screen is on again, or the network is back. */
  function wake() {
    const isDead = socket.readyState >= WebSocket.CLOSING;
    if (document.visibilityState === "visible" && isDead) {
      tries = 0;
      open();
    }
  }
  document.addEventListener("visibilitychange", wake);
  window.addEventListener("online", wake);
  window.addEventListener("pageshow", wake);
  open();

  return {
    send(data) {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(data));
    },
  };
}
