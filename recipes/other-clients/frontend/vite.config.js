// `npx vite` serves the front end at http://localhost:5173, and passes on the rest.

import { defineConfig } from "vite";

const DJANGO = process.env.DJANGO ?? "http://127.0.0.1:8203";

export default defineConfig({
  server: {
    proxy: {
      // `ws: true`, or Vite doesn't pass on the upgrade to a WebSocket. Not "/": the
      // socket of Vite's own hot reload is there.
      "/ws": { target: DJANGO, ws: true },
    },
  },
});
