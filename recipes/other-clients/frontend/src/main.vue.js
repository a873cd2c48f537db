// A room in Vue, without a single-file component so that it needs no plugin.

import { createApp, h } from "vue";

import { useRoom } from "./use-room.vue.js";

const Room = {
  props: ["name"],
  setup(props) {
    const { messages, status, send } = useRoom(() => props.name);
    return () =>
      h("main", [
        h("p", { role: "status" }, status.value),
        h("ul", messages.value.map((message) => h("li", message.text))),
        h("button", { onClick: () => send("oi", "Vue") }, "Send"),
      ]);
  },
};

createApp(Room, { name: "class" }).mount("#app");
