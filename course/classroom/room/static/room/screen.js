import { keepOpen } from "../phone/socket.js";

const events = document.querySelector("#events");
keepOpen("/ws/screen/", {
  event: (event) => (events.textContent += `${JSON.stringify(event)}\n`),
});
