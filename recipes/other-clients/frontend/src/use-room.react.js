// A React hook: `const { messages, status, send } = useRoom("class");`

import { useEffect, useRef, useState } from "react";

import { openRoom } from "./room-socket.js";
import { urlOf } from "./url.js";

export function useRoom(name) {
  const [messages, setMessages] = useState([]);
  const [status, setStatus] = useState("connecting");
  const room = useRef(null);

  useEffect(() => {
    const opened = openRoom(urlOf(name), {
      // A function, because `messages` here would always be the list of the first render.
      onMessage: (message) => setMessages((before) => [...before, message]),
      onStatus: setStatus,
    });
    room.current = opened;
    return () => {
      opened.close();
      setMessages([]); // those of the room that was left
      setStatus("connecting");
    };
  }, [name]);

  const send = (text, sender) => room.current?.send({ text, sender }) ?? false;
  return { messages, status, send };
}
