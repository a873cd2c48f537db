// A room in React, without JSX so that it needs no plugin. StrictMode, as in new projects.

import { createElement as h, StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { useRoom } from "./use-room.react.js";

function Room({ name }) {
  const { messages, status, send } = useRoom(name);
  return h(
    "main",
    null,
    h("p", { role: "status" }, status),
    h("ul", null, messages.map((message, index) => h("li", { key: index }, message.text))),
    h("button", { onClick: () => send("oi", "React") }, "Send"),
  );
}

createRoot(document.querySelector("#app")).render(h(StrictMode, null, h(Room, { name: "class" })));
