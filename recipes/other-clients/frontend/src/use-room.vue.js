// A Vue composable: `const { messages, status, send } = useRoom("class");`
// The name may be a ref, or a function such as `() => props.name`.

import { ref, shallowRef, toValue, watch } from "vue";

import { openRoom } from "./room-socket.js";
import { urlOf } from "./url.js";

export function useRoom(name) {
  const messages = ref([]);
  const status = ref("connecting");
  const room = shallowRef(null);

  watch(
    () => toValue(name),
    (name, _, onCleanup) => {
      messages.value = [];
      status.value = "connecting";
      const opened = openRoom(urlOf(name), {
        onMessage: (message) => messages.value.push(message),
        onStatus: (now) => { status.value = now; },
      });
      room.value = opened;
      onCleanup(() => opened.close()); // before the next room, and when unmounted
    },
    { immediate: true },
  );

  const send = (text, sender) => room.value.send({ text, sender });
  return { messages, status, send };
}
