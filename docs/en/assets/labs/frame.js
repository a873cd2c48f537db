/* A frame, byte by byte: RFC 6455, section 5.2. */

import { controls, element, field, plural, status } from "./parts.js";

/** Return the bytes of a text frame that is not masked. */
export function frameOf(text) {
  const payload = new TextEncoder().encode(text);
  return Uint8Array.from([0x81, payload.length, ...payload]);
}

/** Fill the place of the lab. */
export default function start(place) {
  const { box, say } = status();
  const bytes = element("code");
  const text = field({ label: "Text", value: "Hello", maxlength: 100, change: show });
  place.replaceChildren(controls(text.box), element("p", {}, bytes), box);
  show(text.value);

  function show(words) {
    const frame = frameOf(words);
    bytes.textContent = [...frame].map((one) => one.toString(16).padStart(2, "0")).join(" ");
    say(`${plural(frame.length, "byte")}.`);
  }
}
